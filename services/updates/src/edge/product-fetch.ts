import type { ProductView } from '@cordon/shared/contracts'
import { explain } from '@cordon/shared/errors'
import type { Telemetry } from '@cordon/shared/telemetry'
import type { DownloadPlan } from '../sources/index.ts'
import type { CheckPlace } from './check-product.ts'
import { download } from './downloader.ts'
import type { ShelvedProduct } from './product-shelf.ts'

/** Between two tries of a download. Arbitrary; Tails waits as long. */
const BACK_OFF = { firstMs: 5000, capMs: 300_000 }

export interface FetchOptions {
  readonly place: CheckPlace
  readonly directory: string
  readonly telemetry: Telemetry
  readonly signal: AbortSignal
}

/** Fetch one product, unless it is fetched already; how far it is stands in `shelved`. Never rejects. */
export async function fetchProduct(options: FetchOptions, shelved: ShelvedProduct, plan: DownloadPlan): Promise<void> {
  if (shelved.fetch !== undefined) return
  const own = new AbortController()
  shelved.fetch = own
  const span = options.telemetry.startSpan('updates.fetch')
  const tell = (told: NonNullable<ProductView['download']>): void => {
    if (!own.signal.aborted) shelved.download = told // of a product that was forgotten meanwhile nothing is said
  }
  tell({ state: 'partial', bytes: 0, of: plan.bytes, file: null, detail: null })
  try {
    const { place, directory } = options
    const signal = AbortSignal.any([options.signal, own.signal])
    const more = { place, directory, signal, backOff: BACK_OFF, random: Math.random, tell }
    const file = await download(more, shelved.product, plan)
    tell({ state: 'verified', bytes: shelved.download?.bytes ?? 0, of: plan.bytes, file, detail: null })
    span.end({ outcome: 'ok' })
  } catch (thrown) {
    const bytes = shelved.download?.bytes ?? 0
    tell({ state: 'failed', bytes, of: plan.bytes, file: null, detail: explain(thrown) })
    span.fail(thrown)
  } finally {
    shelved.fetch = undefined
  }
}

/**
 * Checks apt repositories as the update service does, one after the other, and prints for each what it took, as JSON.
 *
 *   node check-apt.ts APP-SOCKET SCRATCH KEYRING FINGERPRINT SUITE=PACKAGE …
 */
import type { ProductSettings } from '@cordon/shared/contracts'
import { checkProduct } from '../../../services/updates/src/edge/check-product.ts'
import { PACE } from '../../../services/updates/src/edge/web-way.ts'
import { completeProduct } from '../../../services/updates/src/products/index.ts'
import { EMPTY_MEMORY } from '../../../services/updates/src/verdict/index.ts'

/** What one check took. */
export interface CheckCost {
  readonly seconds: number
  /** The highest that this process ever had, when the check had ended. */
  readonly peakKiB: number
  readonly version: string
}

const [appSocket = '', scratch = '', keyring = '', fingerprint = '', ...wanted] = process.argv.slice(2)
const place = { appSocket, authorities: [], scratch, pace: PACE }
const costs: CheckCost[] = []
for (const word of wanted) {
  const [suite = '', name = ''] = word.split('=')
  const address = 'http://site.example/debian'
  const settings: ProductSettings = { kind: 'apt', address, suite, package: name, keys: [fingerprint], keyring }
  const product = completeProduct('bench', settings, '/nowhere')
  if (product === undefined) throw new Error('no product')
  const before = performance.now()
  const times = { nowMs: Date.now(), signal: new AbortController().signal }
  const { fault, memory } = await checkProduct(place, product, EMPTY_MEMORY, times)
  if (fault !== undefined) throw fault
  costs.push({
    seconds: (performance.now() - before) / 1000,
    peakKiB: process.resourceUsage().maxRSS,
    version: memory.answer?.version ?? '',
  })
}
process.stdout.write(JSON.stringify(costs))

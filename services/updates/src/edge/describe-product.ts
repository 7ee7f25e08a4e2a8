import { isSigned, type ProductActivity, type ProductView } from '@cordon/shared/contracts'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import { findAnswer, judgeProduct, type Verdict } from '../verdict/index.ts'
import { findInstalled } from './installed-version.ts'
import type { ShelvedProduct } from './product-shelf.ts'

/** For how long a glance believes what was found installed. Arbitrary: a status is asked for every few seconds. */
const GLANCE_MS = 300_000

/** Say what is known of a product now. `nowMs` is undefined while the clock is not trusted. */
export async function describeProduct(shelved: ShelvedProduct, nowMs: number | undefined): Promise<ProductView> {
  const { product, memory } = shelved
  shelved.installed = { version: await findInstalled(product), atMs: monotonicNow() }
  const installed = shelved.installed.version
  const verdict = judgeProduct({ product, memory, installed, nowMs })
  const answer = findAnswer(product, memory)
  const { reason, detail, next } = verdict.type === 'unknown' ? verdict : { reason: null, detail: null, next: null }
  return {
    ...describeActivity(shelved),
    kind: product.settings.kind,
    unsigned: !isSigned(product.settings),
    installed,
    latest: answer?.version ?? null,
    verdict: verdict.type,
    signedBy: answer === null || answer.signedBy.length === 0 ? null : answer.signedBy.join(' '),
    publishedAt: formatTime(answer?.publishedAtMs),
    checkedAt: formatTime(answer?.checkedAtMs),
    learned: answer !== null && memory.isLearned,
    reason,
    detail,
    next,
  }
}

/** Say what is done about a product now. */
export const describeActivity = ({ product, check, fetch, download }: ShelvedProduct): ProductActivity => ({
  id: product.id,
  activity: check === 'idle' && fetch !== undefined ? 'fetching' : check,
  download,
})

/** Judge a product at a glance: what is installed is looked for once in a while. */
export async function glanceAt(shelved: ShelvedProduct, nowMs: number | undefined): Promise<Verdict['type']> {
  const { product, memory } = shelved
  const known = shelved.installed
  if (known === undefined || monotonicNow() - known.atMs > GLANCE_MS) {
    shelved.installed = { version: await findInstalled(product), atMs: monotonicNow() }
  }
  return judgeProduct({ product, memory, installed: shelved.installed?.version ?? null, nowMs }).type
}

/** RFC 3339, or null. Times beyond what a date can be are none. */
export function formatTime(ms: number | null | undefined): string | null {
  if (ms === null || ms === undefined || Math.abs(ms) > 8.64e15) return null
  return new Date(ms).toISOString()
}

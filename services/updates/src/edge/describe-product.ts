import { isSigned, type ProductView } from '@cordon/shared/contracts'
import { judgeProduct } from '../verdict/index.ts'
import { findInstalled } from './installed-version.ts'
import type { ShelvedProduct } from './product-shelf.ts'

/** Say what is known of a product now. `nowMs` is undefined while the clock is not trusted. */
export async function describeProduct(shelved: ShelvedProduct, nowMs: number | undefined): Promise<ProductView> {
  const { product, memory, activity, download } = shelved
  const installed = await findInstalled(product)
  const verdict = judgeProduct({ product, memory, installed, nowMs })
  const { answer } = memory
  const { reason, detail, next } = verdict.type === 'unknown' ? verdict : { reason: null, detail: null, next: null }
  return {
    id: product.id,
    kind: product.settings.kind,
    unsigned: !isSigned(product.settings),
    installed,
    latest: answer?.version ?? null,
    verdict: verdict.type,
    signedBy: answer === null || answer.signedBy.length === 0 ? null : answer.signedBy.join(' '),
    publishedAt: formatTime(answer?.publishedAtMs),
    checkedAt: formatTime(answer?.checkedAtMs),
    reason,
    detail,
    next,
    activity,
    download,
  }
}

/** RFC 3339, or null. Times beyond what a date can be are none. */
export function formatTime(ms: number | null | undefined): string | null {
  if (ms === null || ms === undefined || Math.abs(ms) > 8.64e15) return null
  return new Date(ms).toISOString()
}

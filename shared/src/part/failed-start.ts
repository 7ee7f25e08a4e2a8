import { explain, Fault } from '../errors/index.ts'
import type { PartAnnouncement } from '../runtime/index.ts'

/**
 * Choose what a part announces that could not open; undefined: nothing, it ends.
 *
 * What may heal by itself is tried again, and whoever started the part does that with one that ends. What needs a person,
 * and a bug of ours, which gets `code`, is announced as failed: that is not tried again by itself.
 */
export function announceFailedStart(cause: unknown, code: string): PartAnnouncement | undefined {
  if (!(cause instanceof Fault)) return { type: 'failed', code, message: explain(cause), next: null }
  if (cause.retry !== 'never') return undefined
  return { type: 'failed', code: cause.code, message: explain(cause), next: cause.next ?? null }
}

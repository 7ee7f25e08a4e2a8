import type { FaultCode } from '@cordon/shared/errors'
import { CATALOGUE } from '@cordon/shared/errors'
import { orderOf, type Product } from '../sources/index.ts'
import { isFrozen } from './freshness.ts'
import type { ProductMemory } from './product-memory.ts'
import { nameQuestion } from './question.ts'

/** After so long without an answer nothing is called current. Four mean gaps between checks and a weekend. */
const ANSWER_MAX_MS = 7 * 86_400_000

/** What may be said of a product. Unknown is never current. */
export type Verdict =
  | { readonly type: 'current' }
  | { readonly type: 'available' }
  | { readonly type: 'unknown'; readonly reason: string; readonly detail: string; readonly next: string | null }

export interface Judged {
  readonly product: Product
  readonly memory: ProductMemory
  readonly installed: string | null
  /** Undefined while the clock is not trusted. */
  readonly nowMs: number | undefined
}

/** Judge a product by what is remembered, what is installed, and the time. */
export function judgeProduct({ product, memory, installed, nowMs }: Judged): Verdict {
  if (nowMs === undefined) return unknown('UPD_CLOCK_UNTRUSTED')
  const { failure } = memory
  const answer = findAnswer(product, memory)
  if (answer === null) return failure === null ? unknown('UPD_NEVER_CHECKED') : failed(failure)
  const age = nowMs - answer.checkedAtMs
  if (age > ANSWER_MAX_MS || age < -ANSWER_MAX_MS) return unknown('UPD_ANSWER_OLD')
  const frozen = isFrozen(product, answer, nowMs)
  if (frozen !== undefined) return unknown('UPD_FROZEN', frozen)
  if (installed === null) return unknown('UPD_NOT_INSTALLED')
  // What was once signed as newer stays newer, whatever a later check met.
  if (orderOf(product)(installed, answer.version) < 0) return { type: 'available' }
  return failure === null ? { type: 'current' } : failed(failure)
}

/** Find the newest answer; null where the settings were changed since, and what was answered is another question. */
export const findAnswer = (product: Product, { answer }: ProductMemory): ProductMemory['answer'] =>
  answer?.question === nameQuestion(product) ? answer : null

const unknown = (reason: FaultCode, detail: string = CATALOGUE[reason].meaning): Verdict => ({
  type: 'unknown',
  reason,
  detail,
  next: CATALOGUE[reason].action,
})

const failed = ({ code, message, next }: NonNullable<ProductMemory['failure']>): Verdict => ({
  type: 'unknown',
  reason: code,
  detail: `the newest check failed: ${message}`,
  next: next ?? (Object.hasOwn(CATALOGUE, code) ? CATALOGUE[code as FaultCode].action : null),
})

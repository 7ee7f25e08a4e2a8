import { createHash } from 'node:crypto'
import { Fault } from '@cordon/shared/errors'
import { type Finding, orderOf, type Product } from '../sources/index.ts'
import { refuse } from '../verify/index.ts'
import { isFrozen } from './freshness.ts'
import type { ProductMemory, SharedAnswer } from './product-memory.ts'
import { nameQuestion } from './question.ts'

/** Clocks of servers differ; apt allows less. A mark further in the future would lock out what comes after. */
const FUTURE_MS = 86_400_000
/** A month or two of checks. Arbitrary. */
const HISTORY_MAX = 40

/** Take a verified finding into what is remembered, or refuse it with a Fault and leave everything as it was. */
export function acceptFinding(product: Product, memory: ProductMemory, finding: Finding, nowMs: number): ProductMemory {
  const { authority, signedBy, download, ...answer } = finding
  const copied = { signedBy: [...signedBy], download: download === null ? null : { ...download } }
  const trust = digestTrust(product, authority)
  return accept(product, memory, { ...answer, ...copied, checkedAtMs: nowMs, trust }, nowMs)
}

/**
 * Take over what another machine of the fleet has found, by the same rules; undefined where it says nothing newer than
 * what is known here, or may not follow on it. Nothing is held against the source then: this machine asks for itself.
 */
export function adoptAnswer(
  product: Product,
  memory: ProductMemory,
  answer: SharedAnswer,
  nowMs: number,
): ProductMemory | undefined {
  const knownAtMs = Math.max(memory.answer?.checkedAtMs ?? 0, memory.failure?.atMs ?? 0)
  if (answer.checkedAtMs <= knownAtMs || answer.checkedAtMs > nowMs + FUTURE_MS) return undefined
  // Other keys, or a chain of trust that has moved on: whether that is right is not for another machine to say.
  if (memory.trust !== '' && memory.trust !== answer.trust) return undefined
  try {
    return { ...accept(product, memory, answer, nowMs), isLearned: true }
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined
    throw thrown
  }
}

/** Say what other machines of the fleet may learn, or undefined where nothing was found yet. */
export const shareAnswer = ({ answer, trust }: ProductMemory): SharedAnswer | undefined => {
  if (answer === null) return undefined
  const { question: _, ...shared } = answer
  return { ...shared, trust }
}

function accept(product: Product, memory: ProductMemory, answer: SharedAnswer, nowMs: number): ProductMemory {
  const { trust, ...found } = answer
  const { version, signedAtMs, publishedAtMs, checkedAtMs } = found
  for (const date of [signedAtMs, publishedAtMs]) {
    if (date !== null && date > nowMs + FUTURE_MS) throw refuse('UPD_FROM_THE_FUTURE', 'it is dated in the future')
  }
  // Fast-forward recovery: marks bind only as long as those who set them are the ones to be believed.
  const marks = trust === memory.trust ? memory : { highestVersion: null, newestDateMs: null }
  if (signedAtMs !== null && marks.newestDateMs !== null && signedAtMs < marks.newestDateMs) {
    throw refuse('UPD_ROLLBACK', 'it is dated before what was seen already')
  }
  if (marks.highestVersion !== null && orderOf(product)(version, marks.highestVersion) < 0) {
    throw refuse('UPD_ROLLBACK', `version ${version} is older than ${marks.highestVersion}, which was seen already`)
  }
  const frozen = isFrozen(product, found, nowMs)
  if (frozen !== undefined) throw refuse('UPD_FROZEN', frozen)
  return {
    ...memory,
    trust,
    highestVersion: version,
    newestDateMs: signedAtMs ?? marks.newestDateMs,
    isLearned: false,
    answer: { ...found, question: nameQuestion(product) },
    failure: null,
    history: remember(memory, { atMs: checkedAtMs, version, reason: null }),
  }
}

/** Take note that a check failed. Nothing that was trusted changes. */
export function noteFailure(memory: ProductMemory, { code, message, next }: Fault, nowMs: number): ProductMemory {
  return {
    ...memory,
    failure: { code, message, next: next ?? null, atMs: nowMs },
    history: remember(memory, { atMs: nowMs, version: null, reason: code }),
  }
}

type Entry = ProductMemory['history'][number]

const remember = ({ history }: ProductMemory, entry: Entry): Entry[] => [entry, ...history].slice(0, HISTORY_MAX)

/** Name what the marks rest on: another key, repository or package begins anew. */
function digestTrust({ settings }: Product, authority: Finding['authority']): string {
  const { kind, keys = [], key, sha256, suite, component, architecture, target, prereleases, order } = settings
  const rests = [
    kind,
    keys.toSorted(),
    key,
    sha256,
    suite,
    component,
    architecture,
    settings.package,
    target,
    prereleases,
    order,
  ]
  return createHash('sha256')
    .update(JSON.stringify([...rests, authority]))
    .digest('hex')
}

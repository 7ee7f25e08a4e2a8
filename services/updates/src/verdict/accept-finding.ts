import { createHash } from 'node:crypto'
import type { Fault } from '@cordon/shared/errors'
import { type Finding, orderOf, type Product } from '../sources/index.ts'
import { refuse } from '../verify/index.ts'
import { isFrozen } from './freshness.ts'
import type { ProductMemory } from './product-memory.ts'

/** Clocks of servers differ; apt allows less. A mark further in the future would lock out what comes after. */
const FUTURE_MS = 86_400_000
/** A month or two of checks. Arbitrary. */
const HISTORY_MAX = 40

/** Take a verified finding into what is remembered, or refuse it with a Fault and leave everything as it was. */
export function acceptFinding(product: Product, memory: ProductMemory, finding: Finding, nowMs: number): ProductMemory {
  const { version, signedAtMs, publishedAtMs } = finding
  for (const date of [signedAtMs, publishedAtMs]) {
    if (date !== null && date > nowMs + FUTURE_MS) throw refuse('UPD_FROM_THE_FUTURE', 'it is dated in the future')
  }
  const trust = digestTrust(product, finding)
  // Fast-forward recovery: marks bind only as long as those who set them are the ones to be believed.
  const marks = trust === memory.trust ? memory : { highestVersion: null, newestDateMs: null }
  if (signedAtMs !== null && marks.newestDateMs !== null && signedAtMs < marks.newestDateMs) {
    throw refuse('UPD_ROLLBACK', 'it is dated before what was seen already')
  }
  if (marks.highestVersion !== null && orderOf(product)(version, marks.highestVersion) < 0) {
    throw refuse('UPD_ROLLBACK', `version ${version} is older than ${marks.highestVersion}, which was seen already`)
  }
  const frozen = isFrozen(product, finding, nowMs)
  if (frozen !== undefined) throw refuse('UPD_FROZEN', frozen)
  const { validUntilMs, download } = finding
  return {
    ...memory,
    trust,
    highestVersion: version,
    newestDateMs: signedAtMs ?? marks.newestDateMs,
    answer: {
      version,
      signedBy: [...finding.signedBy],
      signedAtMs,
      publishedAtMs,
      validUntilMs,
      checkedAtMs: nowMs,
      download: download === null ? null : { ...download },
    },
    failure: null,
    history: remember(memory, { atMs: nowMs, version, reason: null }),
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
function digestTrust({ settings }: Product, { authority }: Finding): string {
  const { kind, keys = [], key, suite, component, architecture, target, prereleases, order } = settings
  const rests = [
    kind,
    keys.toSorted(),
    key,
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

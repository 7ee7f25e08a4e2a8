import type { Product } from '../sources/index.ts'

const DAY_MS = 86_400_000

/** The dates of an answer that say how fresh it is. */
interface Dates {
  readonly signedAtMs: number | null
  readonly publishedAtMs: number | null
  readonly validUntilMs: number | null
}

/** Say why a source must be held to be frozen (TUF 5.4.4, apt's Valid-Until), or undefined. */
export function isFrozen({ settings }: Product, dates: Dates, nowMs: number): string | undefined {
  const { signedAtMs, publishedAtMs, validUntilMs } = dates
  if (validUntilMs !== null && validUntilMs <= nowMs) return 'what the source says has expired'
  const lastWordMs = signedAtMs ?? publishedAtMs
  const { silenceDays } = settings
  if (silenceDays === undefined || lastWordMs === null || nowMs - lastWordMs <= silenceDays * DAY_MS) return undefined
  return `the source has said nothing new for more than ${silenceDays} days`
}

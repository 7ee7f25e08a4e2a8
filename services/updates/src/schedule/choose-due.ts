/** A product and when it is due, in monotonic milliseconds. */
export interface DueProduct {
  readonly id: string
  readonly dueAtMs: number
}

/** What is next: a check now, or to look again later. */
export type NextCheck =
  | { readonly type: 'check'; readonly id: string }
  | { readonly type: 'wait'; readonly untilMs: number }
  | { readonly type: 'nothing' }

/**
 * Choose what to check at `nowMs`: one product, and none before `quietUntilMs`, so that two are never asked together.
 *
 * Of several that are due the choice is random (`random` in [0, 1)): an order would link what comes after one another.
 */
export function chooseDue(
  products: readonly DueProduct[],
  { nowMs, quietUntilMs, random }: { nowMs: number; quietUntilMs: number; random: number },
): NextCheck {
  if (products.length === 0) return { type: 'nothing' }
  const due = products.filter(({ dueAtMs }) => dueAtMs <= nowMs)
  const chosen = due[Math.floor(random * due.length)]
  if (chosen !== undefined && quietUntilMs <= nowMs) return { type: 'check', id: chosen.id }
  const earliest = Math.min(...products.map(({ dueAtMs }) => dueAtMs))
  return { type: 'wait', untilMs: Math.max(earliest, quietUntilMs) }
}

/** The value below which the share `q` of the samples lies (nearest rank). NaN for none. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN
}

/** The middle value; of an even number of samples the mean of the two in the middle. NaN for none. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2
}

/** A ratio over several rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Ours and the reference, measured next to each other. */
export interface Round {
  readonly ours: number
  readonly reference: number
}

/** Compare round by round: what slows the machine down slows both sides of a round, and so leaves the ratio alone. */
export function compareRounds(rounds: readonly Round[]): Round & { readonly ratio: Spread } {
  const ratios = rounds.map(({ ours, reference }) => ours / reference)
  return {
    ours: median(rounds.map(({ ours }) => ours)),
    reference: median(rounds.map(({ reference }) => reference)),
    ratio: { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) },
  }
}

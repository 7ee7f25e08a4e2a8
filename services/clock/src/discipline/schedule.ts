const MINUTE_MS = 60_000
/** Between two good rounds (Tails and Whonix have the same range); nothing of the installation is in it. */
const REGULAR_MINUTES = { least: 60, most: 180 }
/** After a bad one; doubled with each more, up to the regular range. */
const RETRY_MINUTES = { least: 1, most: 3 }

/** Plan how long to wait for the next round, in milliseconds; `random` is uniform in [0, 1). */
export function planNextRound(failures: number, random: number): number {
  const factor = failures === 0 ? Number.POSITIVE_INFINITY : 2 ** (failures - 1)
  const least = Math.min(REGULAR_MINUTES.least, RETRY_MINUTES.least * factor)
  const most = Math.min(REGULAR_MINUTES.most, RETRY_MINUTES.most * factor)
  return (least + (most - least) * random) * MINUTE_MS
}

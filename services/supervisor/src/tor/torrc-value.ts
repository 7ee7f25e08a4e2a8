import { Fault } from '@cordon/shared/errors'

// tor cuts an unquoted value at "#", reads quotes and backslashes as its own, and a line break is the next option.
const UNFIT = /[\p{Cc}"\\#]/u

/**
 * Format a path as a quoted torrc value, spaces and all.
 *
 * A path with quotes, backslashes, `#` or control characters is refused: tor reads them differently from option to
 * option (a SocksPort's path may not hold `#` even in quotes; seen on 0.4.9.11).
 */
export function quotePath(path: string): string {
  if (UNFIT.test(path)) {
    throw new Fault('TOR_PATH_UNFIT', 'a path for tor holds a quote, a backslash, # or a control character', {
      where: 'host',
      retry: 'never',
      next: 'Name plainer directories with --state-dir and --runtime-dir.',
    })
  }
  return `"${path}"`
}

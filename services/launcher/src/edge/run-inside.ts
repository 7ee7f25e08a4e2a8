import { spawnSync } from 'node:child_process'

/** Everything inside takes milliseconds. Arbitrary. */
const DEADLINE_MS = 5000

/** Run a program of the host to its end with `input` on its standard input; throw the first line that it said. */
export function runInside(program: string, args: readonly string[], input = ''): void {
  const { status, stderr, error } = spawnSync(program, args, { input, encoding: 'utf8', timeout: DEADLINE_MS })
  if (error !== undefined) throw error
  if (status === 0) return
  const [said = ''] = stderr.trim().split('\n')
  throw new Error(said === '' ? `${program} ended with ${status}` : said)
}

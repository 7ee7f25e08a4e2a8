import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Everything inside takes milliseconds, and on a machine that is held up as long as that. Arbitrary, far above. */
const DEADLINE_MS = 60_000

/** Run a program of the host to its end with `input` on its standard input; reject with the first line that it said. */
export async function runInside(program: string, args: readonly string[], input: string): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], timeout: DEADLINE_MS })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  child.stdin.on('error', () => {}) // who does not read has ended, which is told by its status
  child.stdin.end(input)
  const [status] = await once(child, 'close')
  if (status === 0) return
  const [line = ''] = said.trim().split('\n')
  throw new Error(line === '' ? `${program} ended with ${status}` : line)
}

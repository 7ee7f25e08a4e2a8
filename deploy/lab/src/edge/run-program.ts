import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { Fault } from '@cordon/shared/errors'

/** Run a program to its end with `input` on its standard input; a failure is a Fault with the last line it said. */
export async function runProgram(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  // A program that ends without reading its input closes the pipe under us; its exit status says what matters.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [output, complaint, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  if (status === 0) return output
  const said = (complaint.trim() || output.trim()).split('\n').at(-1) ?? ''
  throw new Fault('LAB_FAILED', `${program} failed: ${said}`, { where: 'host', retry: 'never' })
}

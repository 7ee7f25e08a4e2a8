/**
 * Inside: the program that runs as process 1 of the lab's namespaces and makes a network and an internet there.
 *
 * It speaks JSON lines on standard output, first `entered`. It lives as long as its standard input is open; its end is
 * the end of every process of the lab, because the kernel ends a process namespace with its process 1.
 */
import { explain, Fault } from '@cordon/shared/errors'
import type { InsideMessage } from '../inside-message.ts'
import { runLab } from './run-lab.ts'

const say = (message: InsideMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

process.stdin.on('close', () => process.exit(0)).on('error', () => process.exit(0))
process.stdin.resume()
// Nobody reads any more: the owner is gone, or about to close our standard input.
process.stdout.on('error', () => process.exit(0))

try {
  const [directory = '', where] = process.argv.slice(2)
  await runLab(directory, where === 'here', say)
} catch (thrown) {
  process.stderr.write(`${explain(thrown)}\n`)
  const fault = thrown instanceof Fault ? thrown : undefined
  say({
    type: 'failed',
    code: fault?.code ?? 'LAB_FAILED',
    message: explain(thrown),
    next: fault?.next ?? 'Read the logs in the directory of the lab; if they say nothing, report a bug.',
  })
  process.exitCode = 1
  process.stdout.end(() => process.exit())
}

/** The `cordon` command, and the supervisor that `cordon up` is. */
import { readRunLine } from './cli/launch-arguments.ts'

const args = process.argv.slice(2)
const line = readRunLine(args)
// Each is loaded when wanted: whoever runs a program must not wait for what reads every other command.
const status =
  line === undefined
    ? await (await import('./edge/program.ts')).runProgram(args)
    : await (await import('./edge/run-line.ts')).runLine(line)
// Sockets of the control connection and timers of restarts may still be open; everything that matters has ended.
// A pipe takes 64 KiB at a time: what was printed must be taken before the end.
process.stdout.write('', () => process.exit(status))

/** The `cordon` command, and the supervisor that `cordon up` is. */
import { runProgram } from './edge/program.ts'

const status = await runProgram(process.argv.slice(2))
// Sockets of the control connection and timers of restarts may still be open; everything that matters has ended.
// A pipe takes 64 KiB at a time: what was printed must be taken before the end.
process.stdout.write('', () => process.exit(status))

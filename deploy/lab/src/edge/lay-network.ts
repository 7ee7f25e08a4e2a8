import type { Programs } from '../programs.ts'
import { runProgram } from './run-program.ts'

/** More than all tors ever need together (some 3 MB each); a bound, so that a runaway cannot eat the machine. */
const VOLATILE_SIZE = '256m'

/** Bring up `lo` with `addresses`. */
export async function layNetwork({ ip }: Pick<Programs, 'ip'>, addresses: readonly string[]): Promise<void> {
  // "replace": the network of a container outlives a program in it that ended.
  const lines = ['link set lo up', ...addresses.map(address => `addr replace ${address}/32 dev lo`)]
  await runProgram(ip, ['-batch', '-'], `${lines.join('\n')}\n`)
}

/** Mount a file system at `directory` that ends with this namespace. */
export async function mountVolatile({ mount }: Pick<Programs, 'mount'>, directory: string): Promise<void> {
  await runProgram(mount, ['-t', 'tmpfs', '-o', `mode=0700,size=${VOLATILE_SIZE}`, 'tmpfs', directory])
}

import type { Programs } from '../programs.ts'
import { runProgram } from './run-program.ts'

/** More than all tors ever need together (some 3 MB each); a bound, so that a runaway cannot eat the machine. */
const VOLATILE_SIZE = '256m'

/** Bring up `lo` with `addresses` and mount a file system at `volatileDirectory` that ends with this namespace. */
export async function layNetwork(
  { ip, mount }: Programs,
  addresses: readonly string[],
  volatileDirectory: string,
): Promise<void> {
  const lines = ['link set lo up', ...addresses.map(address => `addr add ${address}/32 dev lo`)]
  await runProgram(ip, ['-batch', '-'], `${lines.join('\n')}\n`)
  await runProgram(mount, ['-t', 'tmpfs', '-o', `mode=0700,size=${VOLATILE_SIZE}`, 'tmpfs', volatileDirectory])
}

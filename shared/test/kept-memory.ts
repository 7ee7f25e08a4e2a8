import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Measure what is really kept, in bytes: how much room V8 has taken for what is not is its own choice, by load and machine. */
export function measureKept(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

import { join } from 'node:path'
import { openPrivateDirectory } from '@cordon/shared/runtime/edge'
import { type Directories, describeFailure } from '../cli/index.ts'
import { BoundedLog } from './bounded-log.ts'
import { HOLDS_THE_LOCK } from './lock-word.ts'
import { prepareInstance } from './run-instance.ts'
import { obeySignals } from './up.ts'

/** Be the detached Cordon: log to a bounded file, tell the one who started us if it fails at once. */
export async function runDetached(directories: Directories, labDirectory: string | undefined): Promise<void> {
  try {
    await openPrivateDirectory(directories.stateDirectory)
    let log: BoundedLog | undefined
    const instance = await prepareInstance({
      directories,
      labDirectory,
      access: 'user',
      onLog: line => log?.write(line),
    })
    await instance.start()
    // Only the holder of the lock may touch the log of this directory.
    log = new BoundedLog(join(directories.stateDirectory, 'cordon.log'))
    process.send?.(HOLDS_THE_LOCK)
    obeySignals(instance, () => {})
    await instance.ended
  } catch (thrown) {
    process.send?.(describeFailure(thrown))
    throw thrown
  }
}

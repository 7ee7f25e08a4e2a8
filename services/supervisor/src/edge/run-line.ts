import type { ExitStatus } from '../cli/complaint.ts'
import { formatRun, type RunLine } from '../cli/launch-arguments.ts'
import { becomeLauncher } from './become-launcher.ts'
import { locate } from './locate.ts'

/** Run a program confined, or tell the exit status of why not. */
export async function runLine(line: RunLine): Promise<ExitStatus> {
  try {
    return await becomeLauncher(formatRun(locate(line.places), line))
  } catch (thrown) {
    const { describeFailure, exitStatusOf, formatFailure } = await import('../cli/complaint.ts')
    process.stderr.write(formatFailure(describeFailure(thrown), false))
    return exitStatusOf(thrown)
  }
}

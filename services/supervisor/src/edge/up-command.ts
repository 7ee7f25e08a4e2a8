import { EXIT, type ExitStatus, usage } from '../cli/index.ts'
import { type GlobalOptions, locate, locateLab } from './locate.ts'
import type { Terminal } from './terminal.ts'

/** What `cordon up` was given. */
export interface UpOptions {
  readonly lab?: boolean
  readonly labDir?: string
  readonly labIfAny?: string
  readonly detach?: boolean
  readonly detached?: boolean
  readonly system?: boolean
}

async function findLabIfAny(directory: string | undefined): Promise<string | undefined> {
  if (directory === undefined) return undefined
  const { findLab } = await import('./lab-part.ts')
  return await findLab(directory)
}

const ROOT_HINT = 'Cordon needs no root: as an ordinary user, what it starts has fewer rights.'

/** Start everything, in the foreground or not, and tell the exit status. */
export async function up(
  args: readonly string[],
  options: UpOptions,
  global: GlobalOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (options.labDir !== undefined && options.lab !== true) throw usage('--lab-dir goes with --lab')
  if (options.system === true && options.detach === true) throw usage('--system does not go with --detach')
  if (options.labIfAny !== undefined && options.system !== true) throw usage('--lab-if-any goes with --system')
  const directories = locate(global)
  const lab = options.lab === true ? locateLab(options.labDir, directories) : await findLabIfAny(options.labIfAny)
  if (process.getuid?.() === 0 && options.detached !== true && !terminal.json) terminal.note(ROOT_HINT)
  // Everything we make from here on is ours alone, whatever the umask of who started us.
  process.umask(0o077)
  if (options.detached === true) {
    const { runDetached } = await import('./run-detached.ts')
    await runDetached(directories, lab)
  } else if (options.detach === true) {
    const { startDetached } = await import('./start-detached.ts')
    await startDetached([...args.filter(arg => arg !== '--detach'), '--detached'], directories, terminal)
  } else {
    const { runForeground } = await import('./up.ts')
    await runForeground(directories, lab, options.system === true ? 'group' : 'user', terminal)
  }
  return EXIT.done
}

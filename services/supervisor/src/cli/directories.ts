import { join } from 'node:path'
import { usage } from './complaint.ts'

/** Where one instance lives. */
export interface Directories {
  readonly configurationFile: string
  /** Whether a person named the file, who then expects it to be there. */
  readonly configurationNamed: boolean
  readonly stateDirectory: string
  readonly runtimeDirectory: string
}

/** What the directories follow from. */
export interface DirectoriesInput {
  readonly options: { readonly config?: string; readonly stateDir?: string; readonly runtimeDir?: string }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  readonly uid: number
  readonly temporary: string
  /** Undefined where it has been removed. */
  readonly workingDirectory: string | undefined
  /** Whether `/run/user/UID` is a directory of this user's. */
  readonly hasRunUser: boolean
}

/**
 * Choose the directories: options, then Cordon's variables, then the XDG base directories, then their defaults.
 *
 * Relative values of XDG variables are ignored, as the XDG specification says.
 */
export function chooseDirectories(input: DirectoriesInput): Directories {
  const { options, env, home } = input
  const { CORDON_STATE_DIR, CORDON_RUNTIME_DIR, XDG_CONFIG_HOME, XDG_STATE_HOME } = env
  const configured = absolute(XDG_CONFIG_HOME) ?? join(home, '.config')
  const state = absolute(XDG_STATE_HOME) ?? join(home, '.local', 'state')
  return {
    configurationFile: named(input, '--config', options.config) ?? join(configured, 'cordon', 'cordon.yaml'),
    configurationNamed: options.config !== undefined,
    stateDirectory:
      named(input, '--state-dir', options.stateDir) ??
      named(input, 'CORDON_STATE_DIR', CORDON_STATE_DIR) ??
      join(state, 'cordon'),
    runtimeDirectory:
      named(input, '--runtime-dir', options.runtimeDir) ??
      named(input, 'CORDON_RUNTIME_DIR', CORDON_RUNTIME_DIR) ??
      defaultRuntime(input),
  }
}

/** Outside a session (cron, su, containers) there is no XDG_RUNTIME_DIR. */
function defaultRuntime({ env, uid, hasRunUser, temporary }: DirectoriesInput): string {
  const { XDG_RUNTIME_DIR } = env
  const given = absolute(XDG_RUNTIME_DIR)
  if (given !== undefined) return join(given, 'cordon')
  if (uid === 0) return '/run/cordon'
  return hasRunUser ? join('/run/user', String(uid), 'cordon') : join(temporary, `cordon-${uid}`)
}

const absolute = (path: string | undefined): string | undefined => (path?.startsWith('/') === true ? path : undefined)

/** What a person names may be relative to where they stand. */
function named({ workingDirectory }: DirectoriesInput, what: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined
  if (path === '' || /\p{Cc}/u.test(path)) throw usage(`${what} is empty or holds a control character`)
  if (path.startsWith('/')) return join(path)
  if (workingDirectory === undefined) throw usage(`${what} is relative, and the working directory was removed`)
  return join(workingDirectory, path)
}

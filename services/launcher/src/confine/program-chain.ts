import type { InsidePrograms } from './inside-message.ts'

/** Descriptors that bwrap(1) reads, all inherited. */
export interface ChainDescriptors {
  readonly args: number
  readonly filter: number
  /** bwrap writes there: JSON lines. */
  readonly status: number
}

/** What the chain ends in. */
export interface ChainEnd {
  readonly command: readonly string[]
  readonly defaultSignals: readonly string[]
  /** Root keeps its capabilities until bwrap, which needs them to map root and drops them itself. */
  readonly isRoot: boolean
}

const DROP_ALL = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'] as const

/**
 * List the command that becomes the program, each part replacing the one before in one process.
 *
 * - setpriv: the kernel kills it when the launcher dies, and every capability goes. bwrap refuses to start with
 *   any, unless it is started by root.
 * - env: bwrap ignores SIGINT and SIGQUIT; it would die of a Ctrl-C that is the program's to handle, and take it along.
 * - bwrap: a user namespace of its own, in which nobody has a capability over the network namespace; processes,
 *   mounts, no_new_privs, the system call filter.
 * - env: the program finds the signals as it would have found them.
 */
export function planChain(programs: InsidePrograms, descriptors: ChainDescriptors, end: ChainEnd): readonly string[] {
  const { setpriv, env, bwrap } = programs
  const { args, filter, status } = descriptors
  return [
    ...[setpriv, '--pdeathsig', 'KILL', ...(end.isRoot ? [] : DROP_ALL), '--'],
    ...[env, '--ignore-signal=INT,QUIT', '--'],
    ...[bwrap, '--args', `${args}`, '--seccomp', `${filter}`, '--json-status-fd', `${status}`, '--'],
    ...[env, `--default-signal=${end.defaultSignals.join(',')}`, '--'],
    ...end.command,
  ]
}

/**
 * Signals that are passed on to the program: those that a person or a service manager sends to a command.
 *
 * SIGINT and SIGQUIT of a key press reach the whole foreground group by themselves and are passed on otherwise.
 */
export const PASSED_ON = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGINT', 'SIGQUIT'] as const
export type PassedOn = (typeof PASSED_ON)[number]

export const FROM_KEYS: ReadonlySet<PassedOn> = new Set(['SIGINT', 'SIGQUIT'])

/** Numbers of signals, on every machine that there is a filter for (signal(7)). */
const SIGINT = 2
const SIGQUIT = 3

/**
 * Choose the signals that a program is to find at their defaults, from the `SigIgn` line of the launcher's status.
 *
 * Node ignores SIGPIPE and SIGXFSZ for itself, and the chain before the program ignores SIGINT and SIGQUIT; but who is
 * started in the background by a shell without job control, or by nohup, ignores what its starter wanted ignored.
 */
export function chooseDefaultSignals(status: string): readonly string[] {
  const [, mask = '0'] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(status) ?? []
  const ignored = BigInt(`0x${mask}`)
  const isIgnored = (signal: number): boolean => (ignored & (1n << BigInt(signal - 1))) !== 0n
  return ['PIPE', 'XFSZ', ...(isIgnored(SIGINT) ? [] : ['INT']), ...(isIgnored(SIGQUIT) ? [] : ['QUIT'])]
}

/** Report whether the process of this `/proc/PID/stat` line is in the foreground of its terminal. */
export function isForeground(stat: string): boolean {
  // The name of the program is in parentheses and may hold anything; state, ppid, pgrp, session, tty, tpgid follow.
  const [, , processGroup, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return processGroup !== undefined && processGroup === foreground
}

/** The exit status that a shell gives a command that a signal ended. */
export const statusOfSignal = (signal: number): number => 128 + signal

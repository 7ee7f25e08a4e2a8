import type { ClockSettings } from '@cordon/shared/contracts'

/** Who corrects the clock by what is measured; `report`: nobody. */
export type Discipline = 'chrony' | 'sntp' | 'direct' | 'report'

/** What was found on this machine. */
export interface DisciplineFacts {
  readonly wanted: NonNullable<ClockSettings['discipline']>
  /** Whether something takes datagrams at chrony's socket. */
  readonly chronyListens: boolean
  /** Whether our SNTP server is open. */
  readonly serves: boolean
  /** Why this process does not set the clock; undefined if it may. */
  readonly mayNotSet: string | undefined
  /** Names of the processes that discipline a clock. */
  readonly daemons: readonly string[]
}

export interface DisciplineChoice {
  readonly by: Discipline
  readonly why: string
  /** Daemons that would fight over the clock with what was wanted. */
  readonly rivals: readonly string[]
}

/**
 * Daemons that move the clock, as the kernel names their processes (15 characters at most), and what people call them.
 * Both ntpd of the NTP project and OpenNTPD are `ntpd`.
 */
const DAEMONS: Readonly<Record<string, string>> = {
  chronyd: 'chrony',
  'systemd-timesyn': 'systemd-timesyncd',
  ntpd: 'ntpd',
  'ntp-daemon': 'ntpd-rs',
  openntpd: 'OpenNTPD',
  phc2sys: 'phc2sys',
  sdwdate: 'sdwdate',
  htpdate: 'htpdate',
}

/** Name the daemons among the processes of this machine, each once. */
export const findDaemons = (processes: readonly string[]): readonly string[] => [
  ...new Set(processes.flatMap(name => DAEMONS[name] ?? [])),
]

/** Choose who corrects the clock. There is never a second master: where one runs that we cannot feed, we only report. */
export function chooseDiscipline(facts: DisciplineFacts): DisciplineChoice {
  const { wanted, chronyListens, serves, mayNotSet, daemons } = facts
  const others = daemons.filter(name => name !== 'chrony')
  const report = (why: string, rivals: readonly string[] = []): DisciplineChoice => ({ by: 'report', why, rivals })
  const list = (names: readonly string[]): string => names.join(' and ')
  if (wanted === 'report') return report('the configuration says that the clock is only reported')
  if (wanted === 'chrony' || (wanted === 'auto' && chronyListens)) {
    if (!chronyListens) return report('chrony does not listen at the socket that the configuration names', daemons)
    if (others.length > 0) return report(`${list(others)} would fight with chrony over the clock`, others)
    return { by: 'chrony', why: 'chrony takes what is measured', rivals: [] }
  }
  if (wanted === 'sntp' || (wanted === 'auto' && serves && daemons.length > 0)) {
    if (!serves) return report('the SNTP server is not open: set clock.sntpPort', daemons)
    if (daemons.length > 1) return report(`${list(daemons)} would fight over the clock`, daemons)
    return { by: 'sntp', why: `${daemons[0] ?? 'a daemon'} may ask our SNTP server`, rivals: [] }
  }
  if (daemons.length > 0) return report(`${list(daemons)} keeps the clock already`, daemons)
  if (mayNotSet !== undefined) return report(mayNotSet)
  return { by: 'direct', why: 'Cordon sets the clock itself', rivals: [] }
}

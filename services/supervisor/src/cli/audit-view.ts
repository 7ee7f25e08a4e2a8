import type { Audit } from '@cordon/shared/contracts'
import { EXIT, type ExitStatus } from './complaint.ts'
import type { Mark, Palette } from './palette.ts'

const MARKS: Readonly<Record<Audit['verdict'], Mark>> = { held: 'good', breached: 'bad', unknown: 'waiting' }
const SHAPES: Readonly<Record<Audit['verdict'], string>> = { held: '●', breached: '✗', unknown: '◐' }

/** What each kind of violation means, for people. */
const KINDS: Readonly<Record<Audit['violations'][number]['kind'], string>> = {
  shared: 'a circuit carried two isolation keys',
  'too-short': 'a circuit had fewer hops than it must',
  'unknown-guard': 'a circuit began at a relay that is no guard of tor’s',
  'foreign-stream': 'somebody else used the credentials of an app',
  'reused-key': 'the gateway sent the same credentials for two isolation keys',
  'not-isolating': 'tor was set to keep nobody apart, and got nothing new while it was',
}

/** The exit status of `cordon audit`, so that a script need not read it. */
export function exitStatusOfVerdict(verdict: Audit['verdict']): ExitStatus {
  switch (verdict) {
    case 'held':
      return EXIT.done
    case 'breached':
      return EXIT.breached
    case 'unknown':
      return EXIT.notReady
  }
}

/** Format what was seen, since when, and what was wrong. */
export function formatAudit(audit: Audit, network: 'tor' | 'lab', palette: Palette): string {
  const { verdict, since } = audit
  const where = network === 'lab' ? ' on the LAB, which is not Tor' : ''
  const title = `${palette(MARKS[verdict], SHAPES[verdict])} isolation is ${palette(MARKS[verdict], verdict)} since ${showTime(since)}${where}`
  const blocks = [
    [title, ...audit.reasons.map(reason => `  because ${reason}`)],
    formatViolations(audit, palette),
    formatPast(audit),
    audit.verdict === 'unknown'
      ? []
      : [...new Set(audit.drift)].map(what => `${palette('bad', '✗')} tor's configuration: ${what}`),
    formatCounts(audit),
  ]
  return `${blocks
    .filter(lines => lines.length > 0)
    .map(lines => lines.join('\n'))
    .join('\n\n')}\n`
}

function formatCounts(audit: Audit): readonly string[] {
  const odd = (count: number, what: string): readonly string[] => (count === 0 ? [] : [`  ${count} ${what}`])
  return [
    'since the gateway started:',
    `  ${audit.streamsOpened} streams sent to tor, ${audit.streamsSeen} of them told by tor with these credentials`,
    `  ${audit.circuitsSeen} circuits seen, ${audit.violationsSeen} ${audit.violationsSeen === 1 ? 'violation' : 'violations'}`,
    ...odd(audit.streamsUnmatched, 'streams with the credentials of an app that were not sent'),
    ...odd(audit.streamsUntold, 'streams that tor opened and did not tell of'),
    ...odd(audit.circuitsOlder, 'circuits in use whose past was not seen; `cordon renew APP` ends them'),
    ...odd(audit.gaps, 'times the view of tor was lost'),
  ]
}

function formatViolations({ violations, violationsSeen, violationsPast }: Audit, palette: Palette): readonly string[] {
  if (violations.length === 0) return []
  const more = violationsSeen - violationsPast - violations.length
  return [
    ...violations.map(violation => `${palette('bad', '✗')} ${describe(violation)}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
    '  when you have seen to it: `cordon audit --acknowledge`',
  ]
}

function formatPast({ past, violationsPast }: Audit): readonly string[] {
  if (past.length === 0) return []
  const more = violationsPast - past.length
  const lines = past.map(one => `  ${describe(one)}; acknowledged ${showTime(one.acknowledgedAt)}`)
  return ['past:', ...lines, ...(more > 0 ? [`  and ${more} before`] : [])]
}

function describe({ kind, at, apps, circuits }: Audit['violations'][number]): string {
  const who = apps.length === 0 ? '' : ` (${apps.join(', ')})`
  return `${showTime(at)} ${KINDS[kind]}${who}${circuits === 0 ? '' : `; circuits closed: ${circuits}`}`
}

/** Wall time without its fraction: `2026-11-23 03:12:41 UTC`. */
const showTime = (at: string): string => at.replace('T', ' ').replace(/\.\d+Z$|Z$/, ' UTC')

import type { Problem, Status } from '@cordon/shared/contracts'
import { judgeExposure } from './exposure.ts'
import type { Facts } from './facts.ts'

/** One thing that is wrong: a code for machines, the cause, the next step. */
export interface Finding {
  readonly code: string
  readonly cause: string
  readonly next: string
}

/** A file of ours cannot be from the future; an hour is for copies between machines. Arbitrary. */
const BEHIND_THAT_MATTERS_MS = 3_600_000

type Look = (facts: Facts) => readonly Finding[]

const fromProblem = (problem: Problem | undefined): readonly Finding[] =>
  problem === undefined
    ? []
    : [{ code: problem.code, cause: problem.message, next: problem.next ?? 'See `cordon status`.' }]

const when = (is: boolean, code: string, cause: string, next: string): readonly Finding[] =>
  is ? [{ code, cause, next }] : []

/** What to look for, most basic first: what stands above is often the reason for what stands below. */
const LOOKS: readonly Look[] = [
  ({ configurationProblem }) => fromProblem(configurationProblem),
  ({ directoryProblems }) => directoryProblems.flatMap(fromProblem),
  ({ torProblem }) => fromProblem(torProblem),
  ({ supervisor }) =>
    when(
      supervisor === 'silent',
      'SUPERVISOR_SILENT',
      'cordon runs and does not answer',
      'End its process (`cordon up`), which ends all parts, and start it again.',
    ),
  ({ clockBehindMs, status }) =>
    when(
      clockBehindMs > BEHIND_THAT_MATTERS_MS || status?.tor.trouble === 'clock-wrong',
      'CLOCK_WRONG',
      clockBehindMs > BEHIND_THAT_MATTERS_MS
        ? 'the clock of this machine is behind files that were written on it'
        : 'the relays of Tor say that the clock of this machine is wrong; one of them may lie, all of them hardly do',
      'Compare `date -u` with a clock you trust; then `sudo cordon clock set 2026-11-23T14:05+01:00`, with the zone.',
    ),
  // Without a status there is nobody who could say it better.
  ({ hasNetwork, status }) =>
    when(
      !hasNetwork && status?.network !== 'lab',
      'NO_NETWORK',
      'this machine has no network besides loopback',
      'Connect it to a network. To try Cordon without one: cordon up --lab',
    ),
  ({ status }) => explainTor(status),
  ({ status }) => (status?.parts ?? []).flatMap(explainPart),
  ({ gateway }) =>
    when(
      gateway?.tor.control === 'lost',
      'CONTROL_CONNECTION_LOST',
      'the gateway has no control connection to tor: it cannot see or close circuits',
      'It connects again by itself; if it stays so, see `cordon logs`.',
    ),
  ({ status }) =>
    when(
      status?.state === 'breached',
      'BREACHED',
      'a promise of isolation was seen broken',
      'See `cordon audit`, and report it: this must not happen.',
    ),
  ({ status }) =>
    (status?.audit.drift ?? []).map(what => ({
      code: 'TOR_DRIFT',
      cause: `tor's configuration does not say what it must: ${what}`,
      next: 'Find out who changed it; restart Cordon to set it again.',
    })),
  ({ status }) =>
    (status?.apps ?? []).flatMap(({ id, trouble }) =>
      when(
        trouble !== null,
        'APP_PORT_UNUSABLE',
        `the port of ${id} does not listen: ${trouble}`,
        'Stop the program that uses the port, or give the app another one.',
      ),
    ),
  ({ status }) =>
    (status?.apps ?? []).flatMap(({ id, waitsFor }) =>
      when(
        waitsFor === 'clock' && status?.parts.every(({ name }) => name !== 'clock') === true,
        'CLOCK_LEFT_OUT',
        `${id} waits for the clock, which services in cordon.yaml leaves out: nothing of it passes`,
        'Add clock to services and start Cordon again, or remove the app and add it without --hold.',
      ),
    ),
  ({ status }) =>
    when(
      (status?.configurationTrouble ?? null) !== null,
      'CONFIGURATION_NOT_FOLLOWED',
      `the newest configuration has a mistake, an older one is live: ${status?.configurationTrouble}`,
      'Mend it; it is read again by itself.',
    ),
  ({ redisProblem }) => fromProblem(redisProblem),
  ({ desktopDns, status }) => explainDesktopDns(desktopDns, status),
  ({ exposure }) => judgeExposure(exposure).findings,
  ({ namespaces }) =>
    when(
      !namespaces,
      'NAMESPACES_FORBIDDEN',
      'this machine forbids namespaces to ordinary users: `cordon run` and the lab need them',
      'Set kernel.unprivileged_userns_clone=1 and user.max_user_namespaces above 0 with sysctl; on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0.',
    ),
]

/** List everything that is wrong, each thing once. Nothing found is an empty list. */
export function diagnose(facts: Facts): readonly Finding[] {
  const found = LOOKS.flatMap(look => look(facts))
  return found.filter(({ code, cause }, at) => found.findIndex(one => one.code === code && one.cause === cause) === at)
}

/** List what is not wrong and goes past Tor all the same; what is found already is not said twice. */
export function listNotes(facts: Facts): readonly Finding[] {
  const isFound = diagnose(facts).some(({ code }) => code === 'DNS_BYPASSED')
  return judgeExposure(facts.exposure).notes.filter(({ code }) => !isFound || code !== 'NAMES_PAST_TOR')
}

const TOLD_BY_OTHERS = ['clock-wrong', 'no-network']

function explainTor(status: Status | undefined): readonly Finding[] {
  const { trouble = null, cause = null, next = null } = status?.tor ?? {}
  if (trouble === null || cause === null || TOLD_BY_OTHERS.includes(trouble)) return []
  const code = `TOR_${trouble.toUpperCase().replaceAll('-', '_')}`
  return [{ code, cause: `tor has no circuit: ${cause}`, next: next ?? 'Wait; Cordon keeps trying.' }]
}

/** Where systemd-resolved answers (its manual), and where dnsmasq under NetworkManager does. */
const RESOLVED = ['127.0.0.53', '127.0.0.54']
const LOOPBACK = /^(127\.|::1$)/

/** Report whether a name server is on this machine. */
export const isLoopback = (server: string): boolean => LOOPBACK.test(server)

/** Report whether programs ask systemd-resolved, which asks others in turn. */
export const isResolvedAsked = (nameservers: readonly string[]): boolean =>
  nameservers.some(server => RESOLVED.includes(server))

function explainDesktopDns(desktop: Facts['desktopDns'], status: Status | undefined): readonly Finding[] {
  if (desktop === undefined) return []
  const { app, nameservers, uplinks } = desktop
  const mend = `See \`cordon dns ${app} --setup resolved\` or \`--setup networkmanager\`.`
  const isThere = status === undefined || status.apps.some(({ id, dnsPort }) => id === app && dnsPort !== null)
  const isResolved = isResolvedAsked(nameservers)
  return [
    ...when(
      !isThere,
      'DNS_APP_MISSING',
      `the whole desktop is meant to ask ${app} for names, and there is no such app`,
      `Add it with \`cordon apps add ${app}\`, or change dns.desktop in the configuration.`,
    ),
    ...when(
      nameservers.some(server => !isLoopback(server)),
      'DNS_BYPASSED',
      '/etc/resolv.conf names a server beyond this machine: programs ask it in the clear',
      mend,
    ),
    ...when(
      isResolved && uplinks.length > 0,
      'DNS_BYPASSED',
      'systemd-resolved asks servers that a network brought along, in the clear',
      mend,
    ),
  ]
}

function explainPart({ name, state, detail }: Status['parts'][number]): readonly Finding[] {
  const why = detail === null ? '' : `: ${detail}`
  return [
    ...when(
      state === 'failed',
      'PART_FAILED',
      `${name} failed${why}`,
      'Mend the cause; it is tried again by itself, or at once with `cordon down` and `cordon up`.',
    ),
    ...when(state === 'silent', 'PART_SILENT', `${name} does not answer`, 'Wait some seconds: it is replaced.'),
    ...when(state === 'down' && why !== '', 'PART_DOWN', `${name} ended${why}`, 'Wait: it is started again.'),
  ]
}

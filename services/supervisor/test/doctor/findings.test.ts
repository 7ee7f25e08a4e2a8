import type { AppStatus, GatewayStatus, Status } from '@cordon/shared/contracts'
import t from 'tap'
import { stoppedStatus } from '../../src/cli/index.ts'
import { diagnose, type Facts, listNotes } from '../../src/doctor/index.ts'

const HEALTHY: Facts = {
  supervisor: 'absent',
  status: undefined,
  gateway: undefined,
  configurationProblem: undefined,
  torProblem: undefined,
  hasNetwork: true,
  directoryProblems: [],
  namespaces: true,
  redisProblem: undefined,
  desktopDns: undefined,
  exposure: {
    lockdown: 'unknown',
    lockdownTrouble: null,
    lockdownKept: false,
    talkers: [],
    asksServersOutside: false,
    hasIpv6Route: false,
    timeDaemons: [],
  },
  clockBehindMs: 0,
}
const RUNNING: Status = { ...stoppedStatus(), state: 'ready' }
const troubled = (trouble: string): Status => ({
  ...RUNNING,
  state: 'starting',
  tor: { ...RUNNING.tor, trouble, cause: `cause of ${trouble}`, next: `next of ${trouble}` },
})
const part = (state: Status['parts'][number]['state'], detail: string | null): Status => ({
  ...RUNNING,
  parts: [{ name: 'redis', state, pid: null, detail, optional: true }],
})
const app = { id: 'mail', trouble: 'port 9050 is taken' } as AppStatus
const held = { id: 'bank', trouble: null, waitsFor: 'clock' } as AppStatus
const lost = { tor: { control: 'lost' } } as GatewayStatus
const problem = { code: 'TOR_MISSING', message: 'tor is not installed', next: 'Install it.' }

t.test('nothing is found on a healthy machine, whether Cordon runs or not', async t => {
  t.same(diagnose(HEALTHY), [])
  t.same(diagnose({ ...HEALTHY, supervisor: 'running', status: RUNNING }), [])
})

t.test('each trouble is one finding with cause and next step', async t => {
  const cases: readonly (readonly [what: string, Partial<Facts>, code: string])[] = [
    ['no tor', { torProblem: problem }, 'TOR_MISSING'],
    ['a mistake in the configuration', { configurationProblem: { ...problem, code: 'CFG_INVALID' } }, 'CFG_INVALID'],
    [
      'a directory of somebody else',
      { directoryProblems: [{ ...problem, code: 'HOST_DIRECTORY_UNSAFE', next: null }] },
      'HOST_DIRECTORY_UNSAFE',
    ],
    ['a silent supervisor', { supervisor: 'silent' }, 'SUPERVISOR_SILENT'],
    ['no network, nothing runs', { hasNetwork: false }, 'NO_NETWORK'],
    ['no network, all runs', { hasNetwork: false, status: troubled('no-network') }, 'NO_NETWORK'],
    ['a clock behind its files', { clockBehindMs: 7_200_000 }, 'CLOCK_WRONG'],
    ['a clock that relays call wrong', { status: troubled('clock-wrong') }, 'CLOCK_WRONG'],
    ['a dead bridge', { status: troubled('bridge-dead') }, 'TOR_BRIDGE_DEAD'],
    ['censorship', { status: troubled('censored') }, 'TOR_CENSORED'],
    ['a portal', { status: troubled('refused-or-portal') }, 'TOR_REFUSED_OR_PORTAL'],
    ['a failed part', { status: part('failed', 'no memory') }, 'PART_FAILED'],
    ['a silent part', { status: part('silent', null) }, 'PART_SILENT'],
    ['a part that ended', { status: part('down', 'ended by SIGKILL') }, 'PART_DOWN'],
    ['a lost control connection', { gateway: lost }, 'CONTROL_CONNECTION_LOST'],
    ['a breach', { status: { ...RUNNING, state: 'breached' } }, 'BREACHED'],
    ['drift', { status: { ...RUNNING, audit: { verdict: 'held', drift: ['SafeLogging'] } } }, 'TOR_DRIFT'],
    ['a port that is taken', { status: { ...RUNNING, apps: [app] } }, 'APP_PORT_UNUSABLE'],
    [
      'a configuration that is not followed',
      { status: { ...RUNNING, configurationTrouble: 'line 3' } },
      'CONFIGURATION_NOT_FOLLOWED',
    ],
    ['no redis', { redisProblem: { ...problem, code: 'QUE_UNREACHABLE' } }, 'QUE_UNREACHABLE'],
    ['a wait for a clock that is left out', { status: { ...RUNNING, apps: [held] } }, 'CLOCK_LEFT_OUT'],
    ['no namespaces', { namespaces: false }, 'NAMESPACES_FORBIDDEN'],
  ]
  for (const [what, facts, code] of cases) {
    const findings = diagnose({ ...HEALTHY, ...facts })
    t.same(
      findings.map(finding => finding.code),
      [code],
      what,
    )
    for (const { cause, next } of findings) t.ok(cause !== '' && next !== '', what)
  }
})

t.test('what is not wrong is not told', async t => {
  t.same(diagnose({ ...HEALTHY, status: part('down', null) }), [], 'a part that waits for its turn')
  const clock = { name: 'clock', state: 'ready', pid: 1, detail: null, optional: true } as const
  t.same(diagnose({ ...HEALTHY, status: { ...RUNNING, apps: [held], parts: [clock] } }), [], 'a wait that will end')
  t.same(diagnose({ ...HEALTHY, clockBehindMs: 60_000 }), [], 'a minute')
  t.same(diagnose({ ...HEALTHY, hasNetwork: false, status: { ...RUNNING, network: 'lab' } }), [], 'the lab needs none')
})

t.test('a thing is told once', async t => {
  t.equal(diagnose({ ...HEALTHY, directoryProblems: [problem, problem], torProblem: problem }).length, 1)
})

t.test(
  'a machine that leaks: a lock that is gone is found, what is open is noted, and names are told once',
  async t => {
    const exposure = { ...HEALTHY.exposure, lockdown: 'off', lockdownKept: true, asksServersOutside: true } as const
    t.match(diagnose({ ...HEALTHY, exposure }), [{ code: 'LOCKDOWN_NOT_IN_FORCE' }])
    t.match(listNotes({ ...HEALTHY, exposure }), [{ code: 'NAMES_PAST_TOR' }])
    const desktopDns = { app: 'web', nameservers: ['192.0.2.1'], uplinks: [] }
    t.same(listNotes({ ...HEALTHY, exposure, desktopDns }), [], 'the bypass is a finding already')
  },
)

t.test('what bypasses the resolver of an app is found, only where the desktop is meant to use it', async t => {
  const codes = (nameservers: readonly string[], uplinks: readonly string[], status?: Status) =>
    diagnose({ ...HEALTHY, status, desktopDns: { app: 'web', nameservers, uplinks } }).map(({ code }) => code)
  t.same(codes(['127.0.0.53'], []), [], 'systemd-resolved, led to the app')
  t.same(codes(['127.0.0.1'], ['192.0.2.1']), [], 'dnsmasq; what resolved has does not matter')
  t.same(codes(['192.0.2.1'], []), ['DNS_BYPASSED'])
  t.same(codes(['127.0.0.53'], ['192.0.2.1']), ['DNS_BYPASSED'])
  t.same(codes(['127.0.0.53'], [], RUNNING), ['DNS_APP_MISSING'])
  t.same(codes([], [], { ...RUNNING, apps: [{ id: 'web', dnsPort: 20_000, trouble: null } as AppStatus] }), [])
})

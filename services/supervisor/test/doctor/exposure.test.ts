import t from 'tap'
import {
  countTalkers,
  type Exposure,
  findTimeDaemons,
  judgeExposure,
  readsIpv6Default,
} from '../../src/doctor/index.ts'

const CLOSED: Exposure = {
  lockdown: 'unknown',
  lockdownTrouble: null,
  lockdownKept: false,
  talkers: [],
  asksServersOutside: false,
  hasIpv6Route: false,
  timeDaemons: [],
}
const OPEN: Exposure = {
  ...CLOSED,
  lockdown: 'off',
  talkers: [{ name: 'firefox-esr', connections: 3 }],
  asksServersOutside: true,
  hasIpv6Route: true,
  timeDaemons: ['systemd-timesyncd'],
}
const codes = (exposure: Exposure) => {
  const { findings, notes } = judgeExposure(exposure)
  return [findings.map(({ code }) => code), notes.map(({ code }) => code)]
}

t.test(
  'what goes past Tor is told for each way, with a next step, and is not wrong on a machine that is open',
  async t => {
    t.same(codes(CLOSED), [[], []])
    t.same(codes(OPEN), [[], ['LOCKDOWN_OFF', 'TALKS_PAST_TOR', 'NAMES_PAST_TOR', 'TIME_PAST_TOR', 'IPV6_OPEN']])
    t.same(codes({ ...CLOSED, talkers: undefined }), [[], ['LOCKDOWN_UNKNOWN', 'TALKERS_UNKNOWN']])
    const { notes } = judgeExposure(OPEN)
    t.match(notes[1], { cause: /firefox-esr \(3\)/, next: /cordon run/ })
    for (const { cause, next } of notes) t.ok(cause !== '' && next !== '')
  },
)

t.test('a lock that is damaged, gone or got round is wrong', async t => {
  t.same(codes({ ...CLOSED, lockdown: 'damaged', lockdownTrouble: 'x' }), [['LOCKDOWN_DAMAGED'], []])
  t.same(codes({ ...CLOSED, lockdown: 'off', lockdownKept: true }), [['LOCKDOWN_NOT_IN_FORCE'], []])
  t.same(codes({ ...OPEN, lockdown: 'on' }), [['TALKS_PAST_TOR'], []])
  t.same(codes({ ...OPEN, lockdown: 'on', talkers: [] }), [[], []], 'nothing of it gets out')
})

t.test('connections are counted by program, or by user where it may not be known; tor’s are not', async t => {
  t.same(
    countTalkers([
      { program: 'curl', user: 'ana' },
      { program: 'ssh', user: 'ana' },
      { program: 'ssh', user: 'ana' },
      { program: undefined, user: 'ben' },
      { program: 'tor', user: 'ana' },
      { program: undefined, user: 'debian-tor' },
      { program: 'obfs4proxy', user: 'ana' },
    ]),
    [
      { name: 'ssh', connections: 2 },
      { name: 'curl', connections: 1 },
      { name: 'somebody of ben', connections: 1 },
    ],
  )
})

t.test('who asks for the time is found by name, or by the port', async t => {
  const chrony = { owner: { program: 'chronyd', user: '_chrony' }, port: 123 }
  t.same(findTimeDaemons(['bash', 'chronyd'], []), [], 'chrony that only Cordon feeds')
  t.same(findTimeDaemons(['systemd-timesyn'], [chrony]), ['systemd-timesyncd', 'chronyd'])
  const hidden = { owner: { program: undefined, user: 'ntpsec' }, port: 123 }
  t.same(findTimeDaemons([], [hidden, hidden]), ['somebody of ntpsec'])
})

t.test('a way out by IPv6 is a default route by a device, and not one that refuses', async t => {
  const route = (length: string, flags: string, device: string): string =>
    `${'0'.repeat(32)} ${length} ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000400 00000001 00000000 ${flags} ${device}\n`
  t.ok(readsIpv6Default(route('00', '00000003', 'eth0')))
  t.notOk(readsIpv6Default(route('00', '00200200', 'eth0')), 'unreachable')
  t.notOk(readsIpv6Default(route('00', '00000003', 'lo')))
  t.notOk(readsIpv6Default(route('40', '00000001', 'eth0')))
  t.notOk(readsIpv6Default(''))
})

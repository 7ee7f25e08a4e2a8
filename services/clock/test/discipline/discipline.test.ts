import fc from 'fast-check'
import { test } from 'tap'
import { timeByAnchor } from '../../src/discipline/anchor.ts'
import { chooseDiscipline, type DisciplineFacts, findDaemons } from '../../src/discipline/choose-discipline.ts'
import { encodeChronySample } from '../../src/discipline/chrony-sample.ts'
import { chooseFloor, chooseSlot, FLOOR_MAX_BYTES, formatFloor, parseFloor } from '../../src/discipline/floor-record.ts'
import { History } from '../../src/discipline/history.ts'
import { type CorrectionFacts, planCorrection } from '../../src/discipline/plan-correction.ts'
import { planNextRound } from '../../src/discipline/schedule.ts'
import { decodeSntpRequest, encodeSntpAnswer } from '../../src/discipline/sntp-packet.ts'

test('the first round steps, later ones slew, and nothing runs backward without a word', async t => {
  const base: CorrectionFacts = {
    offsetMs: 0,
    boundMs: 100,
    by: 'direct',
    reason: 'start',
    hasBeenRight: false,
    toleranceMs: 10_000,
    allowBackward: false,
  }
  const plan = (more: Partial<CorrectionFacts>): string => {
    const correction = planCorrection({ ...base, ...more })
    return correction.type === 'refuse' ? correction.why : correction.type
  }
  t.equal(plan({ offsetMs: 99 }), 'none', 'within the bound nothing is known to be wrong')
  t.equal(plan({ offsetMs: 500 }), 'slew')
  t.equal(plan({ offsetMs: 86_400_000 }), 'step')
  t.equal(plan({ offsetMs: -86_400_000 }), 'backward')
  t.equal(plan({ offsetMs: -86_400_000, allowBackward: true }), 'step')
  t.equal(plan({ offsetMs: -5000 }), 'slew', 'a little backward is slewed')
  const later = { hasBeenRight: true, reason: 'schedule' } as const
  t.equal(plan({ ...later, offsetMs: 5000 }), 'slew')
  t.equal(plan({ ...later, offsetMs: 60_000 }), 'panic')
  t.equal(plan({ ...later, offsetMs: 60_000, reason: 'request' }), 'step', 'a person may ask for it')
  t.equal(plan({ by: 'chrony', offsetMs: 5 }), 'hand-on')
  t.equal(plan({ by: 'chrony', offsetMs: -60_000 }), 'backward', 'nor through another')
  t.equal(plan({ by: 'sntp', ...later, offsetMs: 60_000 }), 'panic')
  t.equal(plan({ by: 'report', offsetMs: 60_000 }), 'report')
  t.equal(plan({ by: 'report', offsetMs: 60 }), 'none')
})

test('one master: a daemon that would fight is named, and then the clock is only reported', async t => {
  const base: DisciplineFacts = {
    wanted: 'auto',
    chronyListens: false,
    serves: false,
    mayNotSet: undefined,
    daemons: [],
  }
  const choose = (more: Partial<DisciplineFacts>) => chooseDiscipline({ ...base, ...more })
  t.match(choose({}), { by: 'direct', rivals: [] })
  t.match(choose({ mayNotSet: 'no permission' }), { by: 'report', why: 'no permission' }, 'CLK-12 without permission')
  t.match(choose({ daemons: ['systemd-timesyncd'] }), { by: 'report', rivals: ['systemd-timesyncd'] })
  t.match(choose({ wanted: 'direct', daemons: ['ntpd'] }), { by: 'report', why: /ntpd/, rivals: ['ntpd'] })
  t.match(choose({ chronyListens: true, daemons: ['chrony'] }), { by: 'chrony', rivals: [] })
  t.match(choose({ chronyListens: true, daemons: ['chrony', 'ntpd'] }), { by: 'report', rivals: ['ntpd'] })
  t.match(choose({ serves: true, daemons: ['systemd-timesyncd'] }), { by: 'sntp', why: /systemd-timesyncd/ })
  t.match(choose({ wanted: 'sntp' }), { by: 'report', why: /sntpPort/ })
  t.match(choose({ wanted: 'sntp', serves: true, daemons: ['ntpd', 'chrony'] }), { by: 'report' })
  t.match(choose({ wanted: 'chrony' }), { by: 'report', why: /does not listen/ })
  t.match(choose({ wanted: 'report', chronyListens: true }), { by: 'report' })
  t.same(findDaemons(['bash', 'systemd-timesyn', 'ntpd', 'ntpd', 'chronyd-x']), ['systemd-timesyncd', 'ntpd'])
})

test('the floor survives damage to either record, and is lost rather than erased', async t => {
  const record = (unixMs: number) => parseFloor(Buffer.from(formatFloor(unixMs)))
  t.same(record(1_700_000_000_123.9), { type: 'floor', unixMs: 1_700_000_000_123 })
  const whole = Buffer.from(formatFloor(1_700_000_000_000))
  t.ok(whole.length <= FLOOR_MAX_BYTES)
  for (let length = 0; length < whole.length; length++) {
    t.same(parseFloor(whole.subarray(0, length)), { type: 'damaged' }, `cut at ${length}`)
  }
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.same(parseFloor(changed), { type: 'damaged' }, `changed at ${at}`)
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => parseFloor(Buffer.from(bytes)).type === 'damaged'))
  const damaged = parseFloor(Buffer.from('garbage'))
  const absent = parseFloor(undefined)
  t.same(chooseFloor([absent, absent]), { type: 'known', unixMs: undefined })
  t.same(chooseFloor([record(5), damaged]), { type: 'known', unixMs: 5 })
  t.same(chooseFloor([record(5), record(9)]), { type: 'known', unixMs: 9 })
  t.same(chooseFloor([damaged, damaged]), { type: 'lost' })
  t.same(chooseFloor([damaged, absent]), { type: 'lost' })
  t.equal(chooseSlot([record(5), record(9)]), 0, 'the lower one is written over')
  t.equal(chooseSlot([record(5), damaged]), 1)
  t.equal(chooseSlot([absent, record(5)]), 0)
})

test('a sample for chrony is its struct sock_sample', async t => {
  const sample = encodeChronySample(1_700_000_000_250.5, -1500)
  t.equal(sample.length, 40)
  t.equal(sample.readBigInt64LE(0), 1_700_000_000n)
  t.equal(sample.readBigInt64LE(8), 250_500n)
  t.equal(sample.readDoubleLE(16), -1.5)
  t.equal(sample.toString('latin1', 36), 'KCOS', 'the magic, in this byte order')
})

test('SNTP: only clients are answered, with their timestamp, a root distance that is the bound, or no time', async t => {
  const request = Buffer.alloc(48)
  request.writeUInt8((4 << 3) | 3, 0)
  request.writeInt8(6, 2)
  request.write('12345678', 40, 'latin1')
  for (let length = 0; length < 48; length++) t.equal(decodeSntpRequest(request.subarray(0, length)), undefined)
  for (const first of [(4 << 3) | 4, (4 << 3) | 1, (0 << 3) | 3, (5 << 3) | 3]) {
    const other = Buffer.from(request)
    other.writeUInt8(first, 0)
    t.equal(decodeSntpRequest(other), undefined)
  }
  const asked = decodeSntpRequest(request)
  if (asked === undefined) throw new Error('a client is not answered')
  const time = { receivedMs: 1000.5, transmittedMs: 1001, referenceMs: 0, delayMs: 300, boundMs: 400 }
  const answer = encodeSntpAnswer(asked, time)
  t.equal(answer.readUInt8(0), (0 << 6) | (4 << 3) | 4)
  t.equal(answer.readUInt8(1), 8)
  t.equal(answer.toString('latin1', 24, 32), '12345678')
  t.equal(answer.readUInt32BE(32), 2_208_988_801)
  t.ok(Math.abs(answer.readUInt32BE(36) / 2 ** 32 - 0.0005) < 1e-6)
  const distance = (answer.readUInt32BE(4) / 2 + answer.readUInt32BE(8)) / 65_536
  t.ok(distance >= 0.4 && distance < 0.401)
  const unknown = encodeSntpAnswer(asked, undefined)
  t.equal(unknown.readUInt8(0) >> 6, 3, 'leap unknown')
  t.equal(unknown.readUInt8(1), 0)
  t.equal(unknown.toString('latin1', 12, 16), 'INIT')
  const era = encodeSntpAnswer(asked, { ...time, transmittedMs: Date.UTC(2036, 1, 7, 6, 28, 16) })
  t.equal(era.readUInt32BE(40), 0, 'the era of 2036 begins at 0')
})

test('CLK-12 the next twenty rounds are spread over 60 to 180 minutes, and failures are tried again sooner', async t => {
  let state = 42
  const random = (): number => {
    state = (state * 48_271) % 0x7fffffff
    return state / 0x7fffffff
  }
  const minutes = Array.from({ length: 20 }, () => planNextRound(0, random()) / 60_000)
  t.ok(minutes.every(one => one >= 60 && one <= 180))
  t.ok(Math.max(...minutes) - Math.min(...minutes) > 60, 'they are spread')
  t.equal(new Set(minutes.map(Math.round)).size > 12, true)
  t.equal(planNextRound(1, 0), 60_000)
  t.equal(planNextRound(1, 1), 180_000)
  t.equal(planNextRound(99, 0), 60 * 60_000, 'and no later than a good one')
})

test('the anchor carries a round on by a clock that nobody moves, and not over a sleep', async t => {
  const anchor = { rawMs: 1000, asleepMs: 0, unixMs: 5_000_000, boundMs: 100, delayMs: 50 }
  const later = timeByAnchor(anchor, { rawMs: 3_601_000, asleepMs: 0 })
  t.equal(later?.unixMs, 8_600_000)
  t.ok(Math.abs((later?.boundMs ?? 0) - 460) < 1, 'an hour of 100 ppm')
  t.equal(timeByAnchor(anchor, { rawMs: 3_601_000, asleepMs: 5000 }), undefined)
})

test('the history holds a day', async t => {
  const history = new History()
  for (let hour = 0; hour < 48; hour++) history.add({ atMs: hour * 3_600_000, offsetMs: hour, boundMs: 1 })
  const points = history.points(47 * 3_600_000)
  t.equal(points.length, 25)
  t.match(points[0], { agoSeconds: 86_400, offsetMs: 23 })
  for (let i = 0; i < 1000; i++) history.add({ atMs: 47 * 3_600_000, offsetMs: 0, boundMs: 1 })
  t.equal(history.points(47 * 3_600_000).length, 240)
})

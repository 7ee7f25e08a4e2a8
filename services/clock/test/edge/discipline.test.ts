import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { join } from 'node:path'
import { sendUnixDatagram } from '@cordon/shared/runtime/edge'
import { type Test, test } from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { encodeChronySample } from '../../src/discipline/chrony-sample.ts'
import { isSocket } from '../../src/edge/machine-facts.ts'
import { type BelievedTime, SntpServer } from '../../src/edge/sntp-server.ts'
import { ChronyUnderTest, hasChrony } from './chrony-under-test.ts'

const skip = (await hasChrony()) ? false : 'chrony is not on this machine'
/** What the sources are ahead by, in these tests. */
const OFFSET_MS = 12_345
const TOLERANCE_S = 0.05

const believed = (): BelievedTime => ({
  unixMs: Date.now() + OFFSET_MS,
  boundMs: 80,
  delayMs: 100,
  referenceMs: Date.now(),
})

/** The offset that chrony measured last, in seconds; undefined until it has measured one. */
async function measuredOffset(chrony: ChronyUnderTest): Promise<number | undefined> {
  const [line] = await chrony.ask('sources').catch(() => [])
  // Mode, state, name, stratum, poll, reach, last answer, adjusted offset, measured offset, error.
  const [reach, measured] = [Number(line?.[5]), Number(line?.[8])]
  return reach > 0 && measured !== 0 && Number.isFinite(measured) ? measured : undefined
}

/**
 * Wait until chrony has measured the offset that there is. Each exchange in which one of us is held up is off by half of
 * that, so the first need not be right; a wrong sample would never come to be.
 */
async function assertMeasured(t: Test, chrony: ChronyUnderTest, say = (): void => {}): Promise<void> {
  let seen: number | undefined
  await until('the right offset in chrony', async () => {
    say()
    seen = await measuredOffset(chrony)
    // chronyc's sign is that of the local clock: behind the source is negative.
    return seen !== undefined && Math.abs(Math.abs(seen) - OFFSET_MS / 1000) < TOLERANCE_S
  }).catch((cause: unknown) => {
    throw new Error(`chronyc shows ${seen} s`, { cause })
  })
  t.pass(`chronyc shows ${seen} s`)
}

test('chrony takes our samples by its SOCK refclock, and shows the offset', { skip }, async t => {
  const chrony = await ChronyUnderTest.start(t, [
    'refclock SOCK %d/cordon.sock refid TOR poll 0 filter 1 precision 0.1 delay 0.3 maxdispersion 10',
  ])
  const socket = join(chrony.directory, 'cordon.sock')
  await until('the socket of chrony', () => isSocket(socket))
  let taken = 0
  await assertMeasured(t, chrony, () => {
    // One that is held up has no room for more.
    if (sendUnixDatagram(socket, encodeChronySample(Date.now(), OFFSET_MS))) taken += 1
  })
  t.ok(taken > 0)
})

test('chrony takes the time of our SNTP server on loopback', { skip }, async t => {
  const server = await SntpServer.open(0, believed)
  t.teardown(() => server.close())
  const chrony = await ChronyUnderTest.start(t, [
    `server 127.0.0.1 port ${server.port} iburst minpoll -2 maxpoll -2`,
    'maxdistance 16',
  ])
  await assertMeasured(t, chrony)
})

test('SNTP: a client is told the time, and that there is none while there is none', async t => {
  let time: BelievedTime | undefined = believed()
  const server = await SntpServer.open(0, () => time)
  const client = createSocket('udp4')
  t.teardown(() => {
    server.close()
    client.close()
  })
  const ask = async (bytes: Buffer): Promise<Buffer> => {
    const answer = once(client, 'message')
    client.send(bytes, server.port, '127.0.0.1')
    return ((await answer) as [Buffer])[0]
  }
  const request = Buffer.alloc(48)
  request.writeUInt8((4 << 3) | 3, 0)
  const known = await ask(request)
  const seconds = known.readUInt32BE(40) - 2_208_988_800
  t.equal(seconds, Math.floor(time.unixMs / 1000))
  time = undefined
  client.send(Buffer.from('what is no request is not answered'), server.port, '127.0.0.1')
  t.equal((await ask(request)).readUInt8(0) >> 6, 3, 'leap unknown')
  await t.rejects(
    SntpServer.open(server.port, () => time),
    { code: 'CLK_NOT_PERMITTED' },
    'a port in use',
  )
})

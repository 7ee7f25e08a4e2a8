import { fork } from 'node:child_process'
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { decode, encode, type RecordType } from 'dns-packet'
import t from 'tap'
import { FUZZ_SEED } from '../../../../shared/test/fuzz.ts'
import { measureKept } from '../../../../shared/test/kept-memory.ts'
import { until } from '../../../../shared/test/until.ts'
import { openListenersUnderTest } from './listeners-under-test.ts'

const query = (name: string, id = 1, type: RecordType = 'A'): Buffer =>
  encode({ type: 'query', id, flags: 0x0100, questions: [{ name, type, class: 'IN' }] })
const framed = (message: Buffer): Buffer =>
  Buffer.concat([Buffer.of(message.length >> 8, message.length & 255), message])

async function askUdp(socket: DatagramSocket, port: number, message: Buffer) {
  const answered = once(socket, 'message')
  socket.send(message, port, '127.0.0.1')
  const [bytes] = await answered
  return decode(bytes)
}

/** Collects answers of a stream. */
function readAnswers(socket: Socket): { readonly answers: ReturnType<typeof decode>[]; closed: boolean } {
  const seen = { answers: [] as ReturnType<typeof decode>[], closed: false }
  let held = Buffer.alloc(0)
  socket
    .on('error', () => {})
    .on('close', () => {
      seen.closed = true
    })
  socket.on('data', chunk => {
    held = Buffer.concat([held, chunk])
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const end = 2 + held.readUInt16BE(0)
      seen.answers.push(decode(held.subarray(2, end)))
      held = held.subarray(end)
    }
  })
  return seen
}

/** Let no look-up be answered until what this returns is resolved. */
function holdAnswers(under: Awaited<ReturnType<typeof openListenersUnderTest>>): PromiseWithResolvers<void> {
  const held = Promise.withResolvers<void>()
  const { answer } = under
  under.answer = async () => {
    await held.promise
    return await answer()
  }
  return held
}

const openUdp = (t: { teardown(end: () => void): void }): DatagramSocket => {
  const socket = createSocket('udp4')
  t.teardown(() => socket.close())
  return socket
}

t.test('a name is looked up once, however often and whereby it is asked', async t => {
  const under = await openListenersUnderTest(t)
  const held = holdAnswers(under)
  const udp = openUdp(t)
  const tcp = connect({ host: '127.0.0.1', port: under.port })
  t.teardown(() => tcp.destroy())
  const seen = readAnswers(tcp)
  const first = askUdp(udp, under.port, query('a.example', 7))
  tcp.write(Buffer.concat([framed(query('A.example', 8)), framed(query('localhost', 9))]))
  await until('the answer that needs nobody', () => seen.answers.length === 1)
  t.match(seen.answers[0], { id: 9, answers: [{ data: '127.0.0.1' }] }, 'RFC 7766: not held up by the one before')
  held.resolve()
  t.match(await first, { id: 7, answers: [{ data: '198.51.100.4', ttl: 60 }] })
  await until('the joined answer', () => seen.answers.length === 2)
  t.match(seen.answers[1], { id: 8, questions: [{ name: 'A.example' }] })
  t.match(await askUdp(udp, under.port, query('a.example', 10)), { id: 10, answers: [{ data: '198.51.100.4' }] })
  t.same(under.asked, ['a.example'])
  t.match(under.resolver.counts, { cached: 1, lookedUp: 2, local: 1 })
})

t.test('what was asked before a renewal is neither kept nor given after it', async t => {
  const under = await openListenersUnderTest(t)
  const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const addresses = ['198.51.100.1', '198.51.100.2']
  under.answer = async () => {
    const turn = under.asked.length - 1
    await held[turn]?.promise
    return { type: 'found', target: { type: 'ipv4', address: addresses[turn] ?? '' } }
  }
  const udp = openUdp(t)
  const answer = askUdp(udp, under.port, query('a.example'))
  await until('the look-up', () => under.asked.length === 1)
  under.resolver.update({ ...under.app, nymEpoch: 1 })
  held[0]?.resolve()
  await until('another look-up', () => under.asked.length === 2)
  t.equal(under.resolver.cache.size, 0, 'the old answer is not kept')
  held[1]?.resolve()
  t.match(await answer, { answers: [{ data: '198.51.100.2' }] })
})

t.test('a failure is SERVFAIL, is not kept, and a refusal of the port is REFUSED', async t => {
  const under = await openListenersUnderTest(t)
  const udp = openUdp(t)
  under.answer = async () => ({ type: 'refused', code: 4 })
  for (let turn = 0; turn < 2; turn++) t.match(await askUdp(udp, under.port, query('a.example')), { rcode: 'SERVFAIL' })
  t.equal(under.asked.length, 2)
  under.answer = async () => ({ type: 'refused', code: 2 })
  t.match(await askUdp(udp, under.port, query('b.example')), { rcode: 'REFUSED' })
  under.answer = async () => ({ type: 'found', target: { type: 'ipv6', address: '2001:db8::6' } })
  for (let turn = 0; turn < 2; turn++) {
    t.match(await askUdp(udp, under.port, query('c.example')), { rcode: 'NOERROR', answers: [] }, 'it has no IPv4')
  }
  t.equal(under.asked.length, 4, 'that an address of the other family came is evidence, and kept')
})

t.test('programs of other users are not answered', async t => {
  const under = await openListenersUnderTest(t, { users: () => false })
  const udp = openUdp(t)
  let heard = 0
  udp.on('message', () => {
    heard += 1
  })
  for (let n = 0; n < 20; n++) udp.send(query('localhost'), under.port, '127.0.0.1')
  const tcp = connect({ host: '127.0.0.1', port: under.port })
  const seen = readAnswers(tcp)
  tcp.write(framed(query('localhost')))
  await until('the end of the connection', () => seen.closed)
  t.equal(seen.answers.length, 0)
  t.equal(heard, 0)
  const local = connect({ path: under.socketPath })
  t.teardown(() => local.destroy())
  const own = readAnswers(local)
  local.write(framed(query('a.example')))
  await until('an answer over AF_UNIX, whose mode is the guard', () => own.answers.length === 1)
  t.match(own.answers[0], { answers: [{ data: '10.192.0.7' }] }, 'with a virtual address')
  t.equal(under.asked.length, 0, 'which nobody was asked for')
})

t.test('an app has bounds: look-ups at once, connections, and what it leaves unread', async t => {
  const under = await openListenersUnderTest(t)
  under.answer = () => new Promise(() => {})
  const udp = openUdp(t)
  // Not by datagrams, of which the kernel holds so many on one machine and not on another.
  for (let n = 0; n < 256; n++) under.resolver.answer(query(`n${n}.example`, n), 'udp', 'loopback', () => {})
  t.equal(under.resolver.inFlight, 256)
  t.match(await askUdp(udp, under.port, query('more.example')), { rcode: 'REFUSED' })
  t.match(await askUdp(udp, under.port, query('localhost')), { rcode: 'NOERROR' }, 'what is known here goes on')
  const open = Array.from({ length: 65 }, () => readAnswers(connect({ host: '127.0.0.1', port: under.port })))
  await until('one connection too many', () => open.filter(({ closed }) => closed).length === 1)
})

t.test('an app that asks one name again and again fills no memory while the look-up is under way', async t => {
  const under = await openListenersUnderTest(t)
  const held = holdAnswers(under)
  const asked = 5000
  const rcodes: (string | undefined)[] = []
  for (let n = 0; n < asked; n++) {
    under.resolver.answer(query('a.example', n), 'udp', 'loopback', bytes => {
      rcodes.push((decode(bytes) as { rcode?: string }).rcode)
    })
  }
  await until('a refusal of what is too much', () => rcodes.length > 0)
  const refused = rcodes.length
  t.same([...new Set(rcodes)], ['REFUSED'])
  t.equal(under.resolver.counts.overLimit, refused)
  t.ok(asked - refused > 256, `${asked - refused} wait, as many as programs of a desktop ask`)
  held.resolve()
  await until('an answer to all others', () => rcodes.length === asked)
  t.equal(rcodes.filter(rcode => rcode === 'NOERROR').length, asked - refused)
  under.resolver.answer(query('a.example'), 'udp', 'loopback', bytes => t.match(decode(bytes), { rcode: 'NOERROR' }))
  t.same(under.asked, ['a.example'])
})

t.test('DNS-07 a frame that is never completed is given up, and so is a connection that asks nothing', async t => {
  const under = await openListenersUnderTest(t, { idleMs: 100 })
  for (const bytes of [Buffer.alloc(0), Buffer.concat([Buffer.of(0xff, 0xff), Buffer.alloc(1000)])]) {
    // Again where this process was held up for so long that the question came too late.
    await until('the end of a connection on which a question was answered', async () => {
      const cut = connect({ host: '127.0.0.1', port: under.port })
      const seen = readAnswers(cut)
      cut.write(framed(query('localhost')))
      cut.write(bytes)
      await until('the end of the connection', () => seen.closed)
      return seen.answers.length === 1
    })
  }
  under.answer = () => new Promise(() => {})
  const seen = await until('a question that waits', async () => {
    const waiting = connect({ host: '127.0.0.1', port: under.port })
    t.teardown(() => waiting.destroy())
    const heard = readAnswers(waiting)
    waiting.write(framed(query('a.example')))
    await until('that it is read, or too late', () => under.resolver.inFlight === 1 || heard.closed)
    return heard.closed ? undefined : heard
  })
  const idle = connect({ host: '127.0.0.1', port: under.port })
  const other = readAnswers(idle)
  await until('the end of another connection, opened later', () => under.resolver.inFlight === 1 && other.closed)
  t.notOk(seen.closed, 'one that waits for us is not given up')
})

t.test('what a program asked while we were held up is answered, though it looks idle', async t => {
  const under = await openListenersUnderTest(t, { idleMs: 100 })
  await until('both answers', async () => {
    const program = connect({ host: '127.0.0.1', port: under.port })
    const seen = readAnswers(program)
    program.write(framed(query('localhost', 1)))
    program.once('data', () => {
      program.write(framed(query('localhost', 2)))
      for (const end = performance.now() + 300; performance.now() < end; );
    })
    await until('the end of the connection', () => seen.closed)
    return seen.answers.length === 2
  })
})

/** `npm run fuzz` sends a million. */
const HOSTILE = Number(process.env['CORDON_FUZZ_MESSAGES'] ?? 50_000)
const FLOOD = new URL('flood-process.ts', import.meta.url)

t.test(
  `DNS-06, DNS-07 ${HOSTILE} hostile messages over UDP and TCP: a good question is answered right after`,
  async t => {
    const under = await openListenersUnderTest(t)
    t.comment(`seed ${FUZZ_SEED}`)
    // A process of its own: what sending takes of memory is not the listeners'.
    const flood = fork(FLOOD, [String(under.port)])
    t.teardown(() => flood.disconnect())
    let mustBeJudged = 0
    const send = async (messages: number): Promise<void> => {
      flood.send(messages)
      const [overTcp] = await once(flood, 'message')
      mustBeJudged += overTcp
    }
    await send(HOSTILE / 5) // what it takes to get going is not kept for messages
    const before = measureKept()
    const roomBefore = process.memoryUsage().rss
    await send((HOSTILE * 4) / 5)
    const grown = measureKept() - before
    t.comment(
      `${Math.round((process.memoryUsage().rss - roomBefore) / 1024)} KiB more are resident, V8's own room with it`,
    )
    const asker = openUdp(t)
    t.match(await askUdp(asker, under.port, query('localhost')), { answers: [{ data: '127.0.0.1' }] })
    const { counts } = under.resolver
    const { malformed, cached } = counts
    const judged = Object.values(counts).reduce((sum, count) => sum + count, -1) // without the good question
    t.ok(judged >= mustBeJudged, `${judged} were judged, of ${mustBeJudged} that no kernel drops and others`)
    t.ok(malformed > 1000, `${malformed} were unreadable`)
    t.ok(cached > 100, `${cached} were answered from the cache`)
    t.ok(grown < 50 * 1024 * 1024, `${Math.round(grown / 1024)} KiB of memory are kept for them`)
  },
)

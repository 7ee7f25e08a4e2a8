import { randomBytes } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProductSettings } from '@cordon/shared/contracts'
import type { JobQueue } from '@cordon/shared/queue'
import { openJobQueue } from '@cordon/shared/queue/edge'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import t, { type Test } from 'tap'
import { type RedisUnderTest, startRedis } from '../../../../shared/test/queue/redis-under-test.ts'
import { until } from '../../../../shared/test/until.ts'
import { CheckRunner } from '../../src/edge/check-runner.ts'
import { CheckSchedule } from '../../src/edge/check-schedule.ts'
import { FleetBoard } from '../../src/edge/fleet-board.ts'
import { ProductShelf } from '../../src/edge/product-shelf.ts'
import { openAnswer, sealAnswer } from '../../src/edge/sealed-answer.ts'
import type { SharedAnswer } from '../../src/verdict/index.ts'
import { openWebUnderTest, type WebUnderTest } from '../web-under-test.ts'

const HOUR = 3_600_000
const TOOL: ProductSettings = { kind: 'json', address: 'http://a.example/v.json', path: '/v', unsigned: true }
const SECRET = randomBytes(32)

interface MachineOptions {
  readonly redis: RedisUnderTest
  readonly web: WebUnderTest
  readonly products?: Readonly<Record<string, ProductSettings>>
  readonly secret?: Uint8Array
  /** What it does with the queue. */
  readonly change?: (queue: JobQueue) => JobQueue
}

/** One machine of a fleet: its own state, the real queue, a clock that a test moves. */
async function openMachine(t: Test, { redis, web, products, secret = SECRET, change }: MachineOptions) {
  const directory = mkdtempSync(join(tmpdir(), 'cordon-fleet-'))
  const telemetry = openTelemetry({ part: 'updates' })
  const shelf = await ProductShelf.open(directory, directory, products ?? { tool: TOOL })
  const place = { fleet: 'team', instance: randomBytes(16).toString('hex') }
  const opened = await openJobQueue({ redis: { socket: redis.socket }, place, telemetry })
  const queue = change?.(opened) ?? opened
  const isClockTrusted = async (): Promise<boolean> => true
  const { signal } = new AbortController()
  const runner = new CheckRunner({ shelf, place: web.place, telemetry, signal, isClockTrusted })
  let nowMs = 0
  const schedule = new CheckSchedule({
    shelf,
    runner,
    queue,
    secret,
    board: new FleetBoard(queue, secret),
    telemetry,
    isClockTrusted,
    lookMs: 20,
    monotonicMs: () => nowMs,
  })
  const alive = setInterval(() => {}, 1000) // its timers keep no process alive
  t.teardown(async () => {
    schedule.close()
    clearInterval(alive)
    await opened.close(0)
    // What a check has found may still be on its way to the disk.
    await rm(directory, { recursive: true, force: true, maxRetries: 20 })
  })
  const [product] = shelf.list()
  if (product === undefined) throw new Error('no product')
  await until('it to plan', () => product.memory.schedule !== null)
  const passTime = (): void => {
    nowMs += 100 * HOUR
  }
  return { product, passTime, queue, directory }
}

const knows = (
  version: string,
  ...machines: readonly { product: { memory: { answer: { version: string } | null } } }[]
) => until(`all to know ${version}`, () => machines.every(({ product }) => product.memory.answer?.version === version))

async function openPlace(t: Test) {
  let version = '1.0'
  let status = 200
  const web = await openWebUnderTest(t, (_request, response) => {
    response.writeHead(status).end(JSON.stringify({ v: version }))
  })
  const redis = await startRedis(t)
  return {
    redis,
    web,
    publish: (newest: string, how = 200) => {
      version = newest
      status = how
    },
  }
}

t.test('a check is done once by all machines that share the queue, and all learn what came of it', async t => {
  const { redis, web } = await openPlace(t)
  const machines = [await openMachine(t, { redis, web }), await openMachine(t, { redis, web })] as const
  for (const machine of machines) machine.passTime()
  await knows('1.0', ...machines)
  t.equal(web.recorded.length, 1, 'one request')
  const learned = machines.map(({ product }) => product.memory.isLearned)
  t.same(learned.toSorted(), [false, true], 'and the other machine says that it was told')
  const [one, two] = machines.map(({ product: { memory } }) => ({ ...memory.answer }))
  t.same(one, two)
})

t.test('an answer that is left while the board is read is not asked for again', async t => {
  const { redis, web } = await openPlace(t)
  const seen = { queued: false, ended: false }
  /** Queues and does nothing itself; what it read before the check ended it hears only after that. */
  const late = (queue: JobQueue): JobQueue => ({
    ...queue,
    work: () => {},
    keep: (name, payload, options) => {
      seen.queued = true
      queue.keep(name, payload, {
        ...options,
        ended: () => {
          options.ended?.()
          seen.ended = true
        },
      })
    },
    findNotes: async (...question) => {
      const notes = await queue.findNotes(...question)
      if (seen.queued) await until('the end of the check', () => seen.ended)
      return notes
    },
  })
  const asks = await openMachine(t, { redis, web, change: late })
  asks.passTime()
  await until('it to be queued', () => seen.queued)
  const does = await openMachine(t, { redis, web })
  await knows('1.0', asks, does)
  t.equal(web.recorded.length, 1, 'one request')
  t.equal(asks.product.memory.isLearned, true)
})

/** Counts as 1 that a text stands in any key or value of Redis. */
const SEARCH = `
local READ = { string = { 'GET' }, hash = { 'HGETALL' }, list = { 'LRANGE', 0, -1 }, set = { 'SMEMBERS' },
  zset = { 'ZRANGE', 0, -1 }, stream = { 'XRANGE', '-', '+' } }
local function holds(value)
  if type(value) ~= 'table' then return string.find(tostring(value), ARGV[1], 1, true) ~= nil end
  for _, one in ipairs(value) do if holds(one) then return true end end
  return false
end
for _, key in ipairs(redis.call('KEYS', '*')) do
  local read = READ[redis.call('TYPE', key).ok]
  local more = {}
  for at = 2, #read do more[#more + 1] = read[at] end
  if holds(key) or holds(redis.call(read[1], key, unpack(more))) then return 1 end
end
return 0`

t.test('Redis holds nothing of it that can be read: no product, no version, no address', async t => {
  const { redis, web } = await openPlace(t)
  const machine = await openMachine(t, { redis, web })
  machine.passTime()
  await knows('1.0', machine)
  const held = async (text: string): Promise<boolean> => (await redis.command('EVAL', SEARCH, '0', text)) === '1'
  await until('the note to be left', () => held(':note:'))
  t.ok(await held('updates.check'), 'positive control: jobs are read')
  for (const text of ['tool', 'a.example', 'v.json', '"1.0"', 'checkedAt']) t.notOk(await held(text), text)
})

t.test('a check that went to a machine without the product is done by the one that queued it', async t => {
  const { redis, web } = await openPlace(t)
  const lazy = (queue: JobQueue): JobQueue => ({ ...queue, work: () => {} })
  const asks = await openMachine(t, { redis, web, change: lazy })
  const other: ProductSettings = { ...TOOL, address: 'http://b.example/v.json' }
  await openMachine(t, { redis, web, products: { tool: other } }) // of the same name, and another product
  asks.passTime()
  await knows('1.0', asks)
  t.same(
    web.calls.map(({ host }) => host),
    ['a.example'],
  )
  t.equal(asks.product.memory.isLearned, false)
})

t.test('what failed on one machine is no failure of the others, which ask themselves', async t => {
  const { redis, web, publish } = await openPlace(t)
  publish('1.0', 500)
  const first = await openMachine(t, { redis, web })
  first.passTime()
  await until('it to fail', () => first.product.memory.failure !== null)
  const second = await openMachine(t, { redis, web })
  t.equal(second.product.memory.failure, null)
  publish('1.1')
  second.passTime()
  await knows('1.1', second, first)
  t.equal(first.product.memory.failure, null)
  t.equal(web.recorded.length, 2)
})

t.test('a machine with another secret learns nothing, and is told nothing', async t => {
  const { redis, web } = await openPlace(t)
  const theirSecret = randomBytes(32)
  const ours = await openMachine(t, { redis, web })
  const theirs = await openMachine(t, { redis, web, secret: theirSecret })
  ours.passTime()
  await knows('1.0', ours)
  const find = (secret: Uint8Array) => new FleetBoard(ours.queue, secret).find([ours.product], Date.now())
  await until('the answer to be left', async () => (await find(SECRET)).length === 1)
  t.same(await find(theirSecret), [])
  t.equal(theirs.product.memory.answer, null)
})

const ANSWER: SharedAnswer = {
  trust: 'ab'.repeat(32),
  version: '1.2',
  signedBy: ['A'.repeat(40)],
  signedAtMs: 1,
  publishedAtMs: 2,
  validUntilMs: null,
  checkedAtMs: 3,
  download: null,
}
const [WORD, OTHER] = ['0'.repeat(32), '1'.repeat(32)]

t.test('a sealed answer opens for its fleet, under its word, as it was sealed', async t => {
  const note = sealAnswer(SECRET, WORD, ANSWER)
  if (note === undefined) throw new Error('too long')
  t.same(openAnswer(SECRET, WORD, note), ANSWER)
  t.equal(openAnswer(SECRET, OTHER, note), undefined, 'moved to another word')
  t.equal(openAnswer(randomBytes(32), WORD, note), undefined, 'of another fleet')
  for (const at of [0, 11, 12, 500, note.length - 1]) {
    const changed = Buffer.from(note)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.equal(openAnswer(SECRET, WORD, changed), undefined, `byte ${at}`)
  }
  for (const other of [note.subarray(1), Buffer.concat([note, note]), new Uint8Array()]) {
    t.equal(openAnswer(SECRET, WORD, other), undefined)
  }
  const misshapen = sealAnswer(SECRET, WORD, { ...ANSWER, installed: '1.0' } as SharedAnswer)
  t.equal(
    openAnswer(SECRET, WORD, misshapen ?? new Uint8Array()),
    undefined,
    'by a machine that says more than it should',
  )
  const strange = sealAnswer(SECRET, WORD, { ...ANSWER, version: '1.0\u001b[2J' })
  t.equal(openAnswer(SECRET, WORD, strange ?? new Uint8Array()), undefined, 'whose version is none')
  const long = { ...ANSWER, signedBy: Array.from({ length: 60 }, (_, n) => `${n}`.repeat(60)) }
  t.equal(sealAnswer(SECRET, WORD, long), undefined)
  t.equal(
    sealAnswer(SECRET, WORD, { ...ANSWER, version: '1.2.3.4.5.6' })?.length,
    note.length,
    'its length tells nothing',
  )
})

import { execFile } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { AuditorUnderTest, path } from './auditor-under-test.ts'
import { arbitraryHistory, play } from './random-history.ts'

const CHECKER = fileURLToPath(new URL('../../../deploy/check-proof.mjs', import.meta.url))
const directory = await mkdtemp(join(tmpdir(), 'cordon-proof-'))
t.teardown(() => rm(directory, { recursive: true }))

/** What the checker says of a record: its first word, and its exit status. */
async function check(record: string): Promise<{ word: string; status: number; out: string }> {
  const file = join(directory, `${randomInt(1e9)}.proof`)
  await writeFile(file, record)
  return await new Promise(resolve => {
    execFile(process.execPath, [CHECKER, file], (error, stdout) => {
      resolve({ word: stdout.split('\n')[0] ?? '', status: error === null ? 0 : Number(error.code), out: stdout })
    })
  })
}

const WORDS: Readonly<Record<string, string>> = { held: 'HELD', breached: 'BREACHED', unknown: 'INCOMPLETE' }
const begin = (): AuditorUnderTest => new AuditorUnderTest().begin()
const held = (): AuditorUnderTest => begin().build(1).build(2).open(1, 1, 'mail').open(2, 2, 'chat').end(1)

t.test('the checker agrees with the auditor: held, breached in each way, incomplete', async t => {
  const lost = held()
  lost.auditor.lose()
  const guard = held().build(3, 'CAB').open(3, 3, 'mail')
  guard.auditor.learnGuards(['A'.repeat(40)])
  const reused = held()
  reused.auditor.send({ app: 'news' as never, key: 'news', pair: 'tagmail\0mail' as never, source: undefined })
  // One that tor was still building when the gateway began to listen.
  const onItsWay = new AuditorUnderTest().begin(`1 EXTENDED ${path('A')} PURPOSE=GENERAL`)
  onItsWay.take(`CIRC 1 EXTENDED ${path('AB')} PURPOSE=GENERAL`, `CIRC 1 BUILT ${path('ABC')} PURPOSE=GENERAL`)
  const cases: Readonly<Record<string, [AuditorUnderTest, string, number]>> = {
    held: [held(), 'HELD', 0],
    'on its way': [onItsWay.open(1, 1, 'mail'), 'HELD', 0],
    shared: [held().open(3, 1, 'chat'), 'BREACHED', 5],
    'a stranger': [held().take('STREAM 9 NEW 0 y:80 SOCKS_USERNAME="x"', 'STREAM 9 SENTCONNECT 1 y:80'), 'BREACHED', 5],
    'too short': [held().build(3, 'AB').open(3, 3, 'mail'), 'BREACHED', 5],
    guard: [guard, 'BREACHED', 5],
    foreign: [held().told(3, 1, 'mail'), 'BREACHED', 5],
    reused: [reused, 'BREACHED', 5],
    lost: [lost, 'INCOMPLETE', 4],
    nothing: [new AuditorUnderTest(), 'INCOMPLETE', 4],
  }
  for (const [name, [audit, word, status]] of Object.entries(cases)) {
    t.match(await check(audit.auditor.formatProof()), { word, status }, name)
    t.equal(WORDS[audit.verdict], word, name)
  }
})

t.test('a record says what was acknowledged in its time, and not what was before', async t => {
  const audit = held()
  audit.auditor.learnDrift([{ what: 'a SocksPort …', breaksIsolation: true }])
  audit.auditor.learnDrift([])
  audit.auditor.acknowledge()
  t.equal(audit.verdict, 'held')
  t.match(await check(audit.auditor.formatProof()), { word: 'BREACHED', status: 5, out: /not-isolating/ })
  // Two segments further on nothing of it is in the record.
  for (let n = 0; n < 20_001; n++) audit.auditor.learnGuards(['A'.repeat(40)])
  t.match(await check(audit.auditor.formatProof()), { word: 'HELD', status: 0 })
})

t.test('the checker finds a breach by itself, whatever the record says of it', async t => {
  for (const audit of [
    held().open(3, 1, 'chat'),
    held().told(3, 1, 'mail'),
    held().build(3, 'AB').open(3, 3, 'mail'),
  ]) {
    const objects = read(audit.auditor.formatProof())
    Object.assign(objects[0] ?? {}, { verdict: 'held', violations: [] })
    t.match(await check(write(objects)), { word: 'BREACHED', status: 5 })
  }
})

t.test('a record says nothing of where to, as whom, or through which relay', async t => {
  const audit = held().take(
    'STREAM 8 NEW 0 secret.example:443 SOCKS_USERNAME="tagmail" SOCKS_PASSWORD="mail"',
    `CIRC 8 LAUNCHED REND_QUERY=${'a'.repeat(56)} TIME_CREATED=2026-11-23T00:13:59.910106`,
  )
  const record = audit.auditor.formatProof()
  for (const secret of ['example', 'tagmail', '"mail"', 'chat', 'AAAA', 'BBBB', 'aaaa', 'relayA', '2026-11'])
    t.notOk(record.includes(secret), `${secret} is not in it`)
  t.match(record, /"credentials":"user1.pair1"/)
})

t.test('every way to change a record is found', async t => {
  const record = held().auditor.formatProof()
  const lines = record.split('\n')
  const spoilt: Readonly<Record<string, string>> = {
    'a character': record.replace('SENTCONNECT', 'SENTCONNECP'),
    'a line less': lines.toSpliced(4, 1).join('\n'),
    'two lines exchanged': lines
      .with(4, lines[5] ?? '')
      .with(5, lines[4] ?? '')
      .join('\n'),
    'a line twice': lines.toSpliced(4, 0, lines[4] ?? '').join('\n'),
    'the end cut': lines.slice(0, -3).join('\n'),
    'the end cut at a line': `${lines.slice(0, -2).join('\n')}\n`,
    'the beginning cut': lines.slice(1).join('\n'),
    'the last line end cut': record.slice(0, -1),
    empty: '',
    'something else': '{}\n',
    'another version': write(read(record).map((one, at) => (at === 0 ? { ...one, version: 2 } : one))),
    'no end, well chained': write(read(record).slice(0, -1)),
  }
  for (const [name, text] of Object.entries(spoilt)) t.match(await check(text), { word: 'DAMAGED', status: 1 }, name)
})

t.test('a record is bounded, begins with what existed, and is judged like the whole', async t => {
  const audit = begin().build(1).open(1, 1, 'mail')
  for (let n = 2; n < 12_000; n++) audit.open(n, 1, 'mail').end(n)
  const { length } = audit.auditor.formatProof().split('\n')
  t.ok(length > 10_000 && length < 20_100, `${length} lines`)
  t.match(await check(audit.auditor.formatProof()), { word: 'HELD' })
  audit.end(1).open(99_999, 1, 'chat')
  const objects = read(audit.auditor.formatProof())
  Object.assign(objects[0] ?? {}, { violations: [] })
  t.match(await check(write(objects)), { word: 'BREACHED' }, 'by what the circuit had carried before the record begins')
})

t.test('checker and auditor agree on any history', async t => {
  const seed = randomInt(2 ** 31)
  t.comment(`seed ${seed}`)
  const played = fc.sample(arbitraryHistory, { seed, numRuns: 500 }).map(history => play(history).audit)
  // A checker is a process of its own, so not all are checked, but some of each verdict.
  const byVerdict = Map.groupBy(played, ({ verdict }) => verdict)
  t.ok(byVerdict.has('held') && byVerdict.has('breached'), [...byVerdict.keys()].join(' '))
  for (const [verdict, audits] of byVerdict) {
    for (const { auditor } of audits.slice(0, 15)) {
      const { word, out } = await check(auditor.formatProof())
      t.equal(word, WORDS[verdict], out)
    }
  }
})

function read(record: string): object[] {
  return record
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line.slice(65)))
}

/** What somebody can do who changes a record and makes its hashes anew. */
function write(objects: readonly object[]): string {
  let hash = ''
  return objects
    .map(object => {
      const json = JSON.stringify(object)
      hash = createHash('sha256').update(`${hash}${json}`).digest('hex')
      return `${hash} ${json}\n`
    })
    .join('')
}

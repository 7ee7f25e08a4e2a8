import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Test } from 'tap'
import t from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { download } from '../../src/edge/downloader.ts'
import { completeProduct } from '../../src/products/index.ts'
import type { DownloadPlan } from '../../src/sources/index.ts'
import { makeOpenPgpKey } from '../openpgp-under-test.ts'
import { openWebUnderTest } from '../web-under-test.ts'

const CONTENT = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 251))
const SHA256 = createHash('sha256').update(CONTENT).digest('hex')
const archive = makeOpenPgpKey(t)

const PLAN: DownloadPlan = {
  address: 'http://a.example/dir/tool-1.2.tar.xz',
  fallback: 'http://fallback.example/tool-1.2.tar.xz',
  bytes: CONTENT.length,
  sha256: SHA256,
  signature: null,
}

/** A server that sends what it is asked for, as far as `spoil` lets it. */
async function open(t: Test, spoil: (tried: number, response: ServerResponse, from: number, part: string) => boolean) {
  let tried = 0
  const part = (): string => join(web.directory, 'quarantine', 'tool', 'part')
  const web = await openWebUnderTest(t, (request, response) => {
    const from = Number(/^bytes=([0-9]+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    tried += 1
    if (spoil(tried, response, from, part())) return
    const range = from > 0 ? { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` } : {}
    response.writeHead(from > 0 ? 206 : 200, range).end(CONTENT.subarray(from))
  })
  const settings = {
    kind: 'openpgp' as const,
    address: 'http://a.example/',
    keys: [archive.fingerprint],
    keyring: archive.keyring,
    template: '{version}',
  }
  const product = completeProduct('tool', settings, '/nowhere')
  if (product === undefined) throw new Error('no product')
  const run = (plan: DownloadPlan = PLAN) =>
    download(
      {
        place: web.place,
        directory: web.directory,
        signal: new AbortController().signal,
        backOff: { firstMs: 1, capMs: 2 },
        random: () => 0.5,
        tell: () => {},
      },
      product,
      plan,
    )
  return {
    web,
    run,
    verified: join(web.directory, 'verified', 'tool'),
    part: part(),
  }
}

/** Send some bytes, and break off when they have come to `part`. */
const breakOff = (response: ServerResponse, from: number, bytes: number, part: string): true => {
  const range = from > 0 ? { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` } : {}
  response.writeHead(from > 0 ? 206 : 200, { ...range, 'content-length': CONTENT.length - from })
  response.write(CONTENT.subarray(from, from + bytes))
  void until('the bytes to come', () => existsSync(part) && statSync(part).size >= from + bytes).then(() =>
    response.destroy(),
  )
  return true
}

t.test('UPD-07 after one to five failures it goes on where it ended; the last try is the fallback', async t => {
  for (let failures = 0; failures <= 5; failures++) {
    const { web, run, part } = await open(t, (tried, response, from, part) =>
      tried <= failures ? breakOff(response, from, 10_000, part) : false,
    )
    const file = await run()
    t.same(readFileSync(file), CONTENT, `${failures} failures`)
    t.match(file, /verified\/tool\/tool-1\.2\.tar\.xz$/)
    t.equal(statSync(file).mode & 0o777, 0o600, 'private, and not executable')
    t.notOk(existsSync(part))
    const ranges = web.recorded.map(({ bytes }) => /Range: bytes=([0-9]+)-/.exec(bytes)?.[1])
    t.equal(ranges.length, failures + 1)
    if (failures > 0) t.ok(Number(ranges.at(-1)) > 0, 'not from the beginning')
    t.equal(web.calls.at(-1)?.host, failures === 5 ? 'fallback.example' : 'a.example')
    t.equal(new Set(web.calls.map(({ user }) => user)).size, web.calls.length, 'each try another circuit')
  }
  const { run, verified } = await open(t, (_tried, response, from, part) => breakOff(response, from, 1000, part))
  await t.rejects(run(), { code: 'VIA_CUT_SHORT' }, 'the sixth failure is the last')
  t.same(readdirSync(verified), [])
})

t.test('UPD-07 a poisoned part is discarded, and so is one of another file', async t => {
  const { run, web, part } = await open(t, () => false)
  mkdirSync(join(web.directory, 'quarantine', 'tool'), { recursive: true })
  writeFileSync(join(web.directory, 'quarantine', 'tool', 'plan.json'), JSON.stringify(PLAN))
  writeFileSync(part, Buffer.alloc(50_000, 0xff))
  t.same(readFileSync(await run()), CONTENT)
  const ranges = web.recorded.map(({ bytes }) => /Range: bytes=([0-9]+)-/.exec(bytes)?.[1])
  t.same(ranges, ['50000', undefined], 'it went on, found the hash wrong, and began anew')
  writeFileSync(part, 'of another version')
  writeFileSync(join(web.directory, 'quarantine', 'tool', 'plan.json'), '{}')
  await run()
  t.equal(web.recorded.at(-1)?.bytes.includes('Range'), false)
})

t.test('UPD-04 another hash, shorter, longer: refused, and nothing is in the final place', async t => {
  const answers = {
    changed: Buffer.concat([CONTENT.subarray(1), Buffer.of(1)]),
    shorter: CONTENT.subarray(1),
    longer: Buffer.concat([CONTENT, Buffer.of(1)]),
    none: Buffer.alloc(0),
  }
  for (const [name, content] of Object.entries(answers)) {
    const { run, verified } = await open(t, (_tried, response) => {
      response.end(content)
      return true
    })
    await t.rejects(run(), { code: name === 'longer' ? 'VIA_TOO_LARGE' : 'UPD_MISMATCH' }, name)
    t.same(readdirSync(verified), [], name)
  }
})

t.test('a server that knows no ranges, or sends another part, spoils nothing', async t => {
  const whole = await open(t, (tried, response, from, part) => {
    if (tried === 1) return breakOff(response, from, 10_000, part)
    response.writeHead(200).end(CONTENT)
    return true
  })
  t.same(readFileSync(await whole.run()), CONTENT)
  const other = await open(t, (tried, response, from, part) => {
    if (tried === 1) return breakOff(response, from, 10_000, part)
    if (tried > 2) return false
    response.writeHead(206, { 'content-range': `bytes 5-9/${CONTENT.length}` }).end('xxxxx')
    return true
  })
  t.same(readFileSync(await other.run()), CONTENT)
})

t.test('a signature where there is no hash: by the keys of the product alone', async t => {
  const signature = 'http://a.example/dir/tool-1.2.tar.xz.asc'
  const plan = { ...PLAN, bytes: null, sha256: null, signature }
  const serve = (detached: Buffer) =>
    open(t, (_tried, response) => {
      const isSignature = response.req.url?.endsWith('.asc') === true
      if (isSignature) response.end(detached)
      return isSignature
    })
  t.same(readFileSync(await (await serve(archive.detach(CONTENT))).run(plan)), CONTENT)
  const { run, verified } = await serve(archive.detach(Buffer.from('something else')))
  await t.rejects(run(plan), { code: 'UPD_SIGNATURE_BAD' })
  t.same(readdirSync(verified), [])
})

t.test(
  'of a server that knows no ranges a whole file is taken, and not given up for being longer than the rest',
  async t => {
    const { run, web } = await open(t, (tried, response, from, part) => {
      if (tried === 1) return breakOff(response, from, 60_000, part)
      response.writeHead(200).end(CONTENT)
      return true
    })
    t.same(readFileSync(await run()), CONTENT)
    t.equal(web.recorded.length, 2, 'the second try is enough')
  },
)

t.test('UPD-07 a part that is all of a file of unknown length is no dead end', async t => {
  const plan = { ...PLAN, bytes: null }
  const { run, web, part } = await open(t, (_tried, response, from) => {
    if (from < CONTENT.length) return false
    response.writeHead(416, { 'content-range': `bytes */${CONTENT.length}` }).end()
    return true
  })
  mkdirSync(join(web.directory, 'quarantine', 'tool'), { recursive: true })
  writeFileSync(join(web.directory, 'quarantine', 'tool', 'plan.json'), JSON.stringify(plan))
  writeFileSync(part, CONTENT)
  t.same(readFileSync(await run(plan)), CONTENT)
  t.equal(web.recorded.length, 2)
})

t.test('UPD-12 where nothing can be written the server is not asked again and again', async t => {
  const { run, web } = await open(t, (_tried, response) => {
    rmSync(join(web.directory, 'quarantine'), { recursive: true })
    response.end(CONTENT)
    return true
  })
  await t.rejects(run(), { code: 'CFG_UNREADABLE', where: 'host' })
  t.equal(web.recorded.length, 1)
})

t.test('a missing key ends it, and what has come is kept for when it is there', async t => {
  const signature = 'http://a.example/dir/tool-1.2.tar.xz.asc'
  const plan = { ...PLAN, signature }
  const { run, web, part } = await open(t, (_tried, response) => {
    if (response.req.url?.endsWith('.asc') !== true) return false
    response.end(archive.detach(CONTENT))
    return true
  })
  const away = `${archive.keyring}.away`
  renameSync(archive.keyring, away)
  await t.rejects(run(plan), { code: 'UPD_KEY_MISSING' })
  t.equal(statSync(part).size, CONTENT.length)
  renameSync(away, archive.keyring)
  t.same(readFileSync(await run(plan)), CONTENT)
  t.same(
    web.recorded.map(({ path }) => path.endsWith('.asc')),
    [false, true, true],
    'the file came once',
  )
})

t.test('a file of any size has its time: a deadline beyond what timers know is not over at once', async t => {
  const { run } = await open(t, () => false)
  await t.rejects(run({ ...PLAN, bytes: 30_000_000_000 }), { code: 'UPD_MISMATCH', message: /another size/ })
})

import type { ProductSettings } from '@cordon/shared/contracts'
import t from 'tap'
import { checkProduct } from '../../src/edge/check-product.ts'
import { completeProduct } from '../../src/products/index.ts'
import { EMPTY_MEMORY, judgeProduct, type ProductMemory } from '../../src/verdict/index.ts'
import { openWebUnderTest, type WebUnderTest } from '../web-under-test.ts'

const JSON_PRODUCT: ProductSettings = { kind: 'json', address: 'http://a.example/v.json', path: '/v', unsigned: true }

async function check(web: WebUnderTest, settings = JSON_PRODUCT, memory: ProductMemory = EMPTY_MEMORY) {
  const product = completeProduct('tool', settings, '/nowhere')
  if (product === undefined) throw new Error('no such product')
  const times = { nowMs: Date.now(), signal: new AbortController().signal }
  const outcome = await checkProduct(web.place, product, memory, times)
  const verdict = judgeProduct({ product, memory: outcome.memory, installed: '1.0', nowMs: Date.now() })
  return { ...outcome, verdict }
}

const body = (version: string): string => JSON.stringify({ v: version })

t.test('two products, and one before and after, have nothing in common but the bytes that everybody sends', async t => {
  const web = await openWebUnderTest(t, (_request, response) => {
    response.writeHead(200, {
      'set-cookie': 'id=1; Path=/',
      etag: '"tag"',
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
    })
    response.end(body('1.2'))
  })
  const first = await check(web)
  t.match(first, { fault: undefined, verdict: { type: 'available' } })
  // The second check knows a version, a time and an answer; the third is of another product at the same place.
  const second = await check(web, JSON_PRODUCT, first.memory)
  t.equal(second.fault, undefined)
  await check(web, { ...JSON_PRODUCT, address: 'http://a.example/v.json?2' })
  t.equal(web.recorded.length, 3)
  const [one, two, three] = web.recorded
  const expected =
    'GET /v.json HTTP/1.1\r\nHost: a.example\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\nConnection: close\r\n\r\n'
  t.equal(one?.bytes, expected, 'no cookie, no condition, no version, no language, no encoding')
  t.equal(two?.bytes, expected, 'the same after a renewal')
  t.equal(three?.bytes, expected.replace('/v.json', '/v.json?2'))
  t.equal(new Set(web.calls.map(({ user }) => user)).size, 3, 'credentials of its own for each: circuits of its own')
  for (const { user } of web.calls) t.match(user, /^[0-9a-f]{32}$/)
})

t.test('all that one check asks is one identity', async t => {
  const web = await openWebUnderTest(t, (request, response) => {
    if (request.url === '/v.json') response.writeHead(302, { location: '/other' }).end()
    else response.end(body('1.0'))
  })
  t.match(await check(web), { verdict: { type: 'current' } })
  t.equal(web.calls.length, 2)
  t.equal(new Set(web.calls.map(({ user }) => user)).size, 1)
})

t.test('UPD-03 endless data: the check stops at the cap', async t => {
  let sent = 0
  const web = await openWebUnderTest(t, (_request, response) => {
    const chunk = Buffer.alloc(65_536, 0x20)
    const more = (): void => {
      if (response.destroyed) return
      sent += chunk.length
      response.write(chunk, () => setImmediate(more))
    }
    more()
  })
  t.match(await check(web), { fault: { code: 'VIA_TOO_LARGE' }, verdict: { type: 'unknown', reason: 'VIA_TOO_LARGE' } })
  t.ok(sent < 8_388_608, `${sent} bytes were taken of a document of at most 4 MiB`)
})

t.test('UPD-05 slow retrieval: too slow by the pace, too late by the deadline, and never up to date', async t => {
  const drip = async (pace: WebUnderTest['place']['pace']) => {
    const web = await openWebUnderTest(
      t,
      (_request, response) => {
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
      { pace },
    )
    const good = { ...EMPTY_MEMORY, ...(await known()) }
    return await check(web, JSON_PRODUCT, good)
  }
  const known = async (): Promise<ProductMemory> => {
    const web = await openWebUnderTest(t, (_request, response) => response.end(body('1.0')))
    const outcome = await check(web)
    t.match(outcome.verdict, { type: 'current' }, 'positive control')
    return outcome.memory
  }
  const slow = await drip({ connectMs: 60_000, baseMs: 60_000, window: { windowMs: 300, minBytes: 10_000 } })
  t.match(slow, { fault: { code: 'VIA_TOO_SLOW' }, verdict: { type: 'unknown', reason: 'VIA_TOO_SLOW' } })
  const late = await drip({ connectMs: 60_000, baseMs: -523_900, window: { windowMs: 60_000, minBytes: 1 } })
  t.match(late, { fault: { code: 'VIA_TOO_LATE' }, verdict: { type: 'unknown', reason: 'VIA_TOO_LATE' } })
})

t.test('UPD-06 redirects in circles, away from an onion service, and to nowhere', async t => {
  let location = ''
  const web = await openWebUnderTest(t, (_request, response) => response.writeHead(302, { location }).end())
  for (const [to, message] of [
    ['/v.json', /circles/],
    ['ftp://a.example/', /no web address/],
  ] as const) {
    location = to
    t.match(await check(web), { fault: { code: 'UPD_REDIRECT_REFUSED', message } })
  }
  location = 'http://a.example/'
  const onion = { ...JSON_PRODUCT, onion: 'http://abcdefghijklmnop.onion/v.json' }
  t.match(await check(web, onion), { fault: { code: 'UPD_REDIRECT_REFUSED', message: /away from an onion/ } })
  location = 'https://b.example/'
  t.match(await check(web), { fault: { code: /^VIA_/ } }, 'another host over TLS may be asked')
  t.equal(web.calls.at(-1)?.host, 'b.example')
})

t.test('what is cut short, packed unasked, or refused is no answer', async t => {
  let how: 'cut' | 'packed' | 500 | 429 = 'cut'
  const web = await openWebUnderTest(t, (_request, response) => {
    if (how === 'cut') {
      response.writeHead(200, { 'content-length': 1000 }).write(body('9'))
      setImmediate(() => response.destroy())
    } else if (how === 'packed') response.writeHead(200, { 'content-encoding': 'gzip' }).end('x')
    else response.writeHead(how).end(body('9'))
  })
  t.match(await check(web), { fault: { code: 'VIA_CUT_SHORT' } })
  how = 'packed'
  t.match(await check(web), { fault: { code: 'UPD_MALFORMED' } })
  for (const status of [500, 429] as const) {
    how = status
    t.match(await check(web), { fault: { code: 'UPD_REFUSED', message: `the source answered with status ${status}` } })
  }
})

t.test('the onion service is asked first, and what is refused there is asked elsewhere as somebody else', async t => {
  const refuse = ({ host }: { host: string }): number | undefined => (host.endsWith('.onion') ? 4 : undefined)
  const web = await openWebUnderTest(t, (_request, response) => response.end(body('1.2')), { refuse })
  const settings = { ...JSON_PRODUCT, onion: 'http://abcdefghijklmnop.onion/v.json' }
  t.match(await check(web, settings), { fault: undefined })
  t.same(
    web.calls.map(({ host }) => host),
    ['abcdefghijklmnop.onion', 'a.example'],
  )
  t.equal(new Set(web.calls.map(({ user }) => user)).size, 2)
})

t.test('a lie is not asked for a second time: no other address is tried after a rollback', async t => {
  let version = '2.0'
  const web = await openWebUnderTest(t, (_request, response) => response.end(body(version)))
  const settings = { ...JSON_PRODUCT, fallback: 'http://b.example/v.json' }
  const { memory } = await check(web, settings)
  version = '1.9'
  const calls = web.calls.length
  const outcome = await check(web, settings, memory)
  t.match(outcome.fault, { code: 'UPD_ROLLBACK' })
  t.equal(web.calls.length, calls + 1)
  t.same({ ...outcome.memory, failure: null, history: memory.history }, memory, 'what was trusted stays')
})

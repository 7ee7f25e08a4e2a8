import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProductSettings } from '@cordon/shared/contracts'
import { explain } from '@cordon/shared/errors'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import t, { type Test } from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { CheckRunner } from '../../src/edge/check-runner.ts'
import { describeProduct } from '../../src/edge/describe-product.ts'
import { fetchProduct } from '../../src/edge/product-fetch.ts'
import { ProductShelf, type ShelvedProduct } from '../../src/edge/product-shelf.ts'
import { openWebUnderTest } from '../web-under-test.ts'

const TOOL: ProductSettings = { kind: 'json', address: 'http://a.example/v.json', path: '/v', unsigned: true }

/** A shelf with one product, and a server that answers with a version when the test lets it. */
async function openShelf(t: Test, said = '{"v":"1.0"}') {
  const directory = mkdtempSync(join(tmpdir(), 'cordon-runner-'))
  const installed = join(directory, 'installed')
  writeFileSync(installed, '1.0')
  const products = { tool: { ...TOOL, installed: { file: installed } } }
  const waiting: ServerResponse[] = []
  let isHeld = false
  const answer = (response: ServerResponse): void => void response.end(said)
  const web = await openWebUnderTest(t, (_request, response) => {
    if (isHeld) waiting.push(response)
    else answer(response)
  })
  const telemetry = openTelemetry({ part: 'updates' })
  const { signal } = new AbortController()
  const shelf = await ProductShelf.open(directory, directory, products)
  const runner = new CheckRunner({ shelf, place: web.place, telemetry, signal, isClockTrusted: async () => true })
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return {
    ...{ directory, web, shelf, runner, telemetry, products, tool: shelf.find('tool') },
    hold: () => {
      isHeld = true
    },
    /** Wait until a request has come that waits, and answer it. */
    release: async () => {
      await until('a request', () => waiting.length > 0)
      for (const response of waiting.splice(0)) answer(response)
    },
  }
}

/** The frame of a signed message: enough that somebody looks whether the signature holds. */
const FRAMED = `-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

{"v":"1.0"}
-----BEGIN PGP SIGNATURE-----

AAAA
-----END PGP SIGNATURE-----
`

const verdictOf = async (tool: ShelvedProduct) => {
  const { verdict, reason } = await describeProduct(tool, Date.now())
  return { verdict, reason }
}

t.test('who asks for what is being checked gets what comes of that', async t => {
  const { runner, tool, web, hold, release } = await openShelf(t)
  hold()
  const both = Promise.all([runner.run(tool), runner.run(tool)])
  t.equal(tool.check, 'queued')
  await release()
  t.same(await both, [undefined, undefined])
  t.equal(web.recorded.length, 1, 'one request')
  t.equal(tool.check, 'idle')
  t.match(tool.memory, { answer: { version: '1.0' }, history: { length: 1 } })
})

t.test('a schedule that moved on while a source was asked stays where it is', async t => {
  const { runner, shelf, tool, hold, release } = await openShelf(t)
  hold()
  const checked = runner.run(tool)
  await until('it to be asked', () => tool.check === 'checking')
  const schedule = { sinceMs: 1, gapMs: 2, failures: 0 }
  await shelf.remember(tool, memory => ({ ...memory, schedule }))
  await release()
  await checked
  t.match(tool.memory, { answer: { version: '1.0' }, schedule })
  const later = { ...schedule, failures: 3 }
  await Promise.all([
    shelf.remember(tool, memory => ({ ...memory, notified: '1.0' })),
    shelf.remember(tool, memory => ({ ...memory, schedule: later })),
  ])
  t.match(tool.memory, { answer: { version: '1.0' }, notified: '1.0', schedule: later }, 'no change is lost to another')
})

t.test('what cannot be kept is no answer: the verdict is unknown and says why', async t => {
  const { runner, tool, directory } = await openShelf(t)
  await runner.run(tool)
  t.match(await verdictOf(tool), { verdict: 'current' }, 'positive control')
  rmSync(join(directory, 'products'), { recursive: true })
  const told = await runner.run(tool).catch((thrown: unknown) => explain(thrown))
  t.match(told, /cannot be written \(ENOENT\)/)
  t.notMatch(told, /tool/, 'it is logged, and a log names no product')
  t.match(await verdictOf(tool), { verdict: 'unknown', reason: 'CFG_UNREADABLE' })
  mkdirSync(join(directory, 'products'))
  await runner.run(tool)
  t.match(await verdictOf(tool), { verdict: 'current' }, 'and is well again when it can')
})

t.test('a scratch directory that cannot be written is a failed check, and not an old answer', async t => {
  const { runner, tool, web } = await openShelf(t, FRAMED)
  const settings = { ...TOOL, keys: ['A'.repeat(40)], clearSigned: true }
  Object.assign(tool, { product: { ...tool.product, settings } })
  rmSync(web.place.scratch, { recursive: true })
  t.match(await runner.run(tool), { code: 'CFG_UNREADABLE', where: 'host' })
  mkdirSync(web.place.scratch)
})

t.test('what was forgotten or removed while it was asked about stays forgotten', async t => {
  const { runner, shelf, tool, directory, products, hold, release } = await openShelf(t)
  await runner.run(tool)
  const file = join(directory, 'products', 'tool.json')
  const part = join(directory, 'quarantine', 'tool', 'part')
  mkdirSync(join(directory, 'quarantine', 'tool'), { recursive: true })
  writeFileSync(part, 'half')
  hold()
  const checked = runner.run(tool)
  await until('it to be asked', () => tool.check === 'checking')
  await shelf.forget('tool')
  await release()
  await checked
  t.match(tool.memory, { answer: null, highestVersion: null, history: [] })
  t.notMatch(readFileSync(file, 'utf8'), /1\.0/)
  t.notOk(existsSync(part))

  await shelf.configure({})
  await shelf.add('tool', products.tool)
  const added = shelf.find('tool')
  const once = runner.run(added)
  await until('it to be asked', () => added.check === 'checking')
  await shelf.remove('tool')
  await release()
  await once
  await shelf.remember(added, memory => ({ ...memory, schedule: { sinceMs: 1, gapMs: 2, failures: 0 } }))
  t.notOk(existsSync(file), 'no list of what was watched is left')
})

t.test('what cordon.yaml no longer names is remembered until it is forgotten', async t => {
  const { runner, shelf, tool, directory, products } = await openShelf(t)
  await runner.run(tool)
  await shelf.configure({})
  await shelf.configure(products)
  t.equal(shelf.find('tool').memory.highestVersion, '1.0', 'a rollback would be seen')
  await shelf.configure({})
  await shelf.forget('tool')
  t.notOk(existsSync(join(directory, 'products', 'tool.json')))
  await t.rejects(shelf.forget('tool'), { code: 'UPD_PRODUCT_UNKNOWN' })
  await shelf.configure(products)
  t.equal(shelf.find('tool').memory.highestVersion, null)
})

t.test('one fetch of a product at a time, and a check beside it ends nothing', async t => {
  const { directory, telemetry, tool, web, runner, hold, release } = await openShelf(t)
  const { signal } = new AbortController()
  const plan = { address: 'http://a.example/file', fallback: null, bytes: null, sha256: null, signature: null }
  const options = { place: web.place, directory, telemetry, signal }
  hold()
  const fetched = fetchProduct(options, tool, plan)
  await until('it to be asked', () => web.recorded.length === 1)
  const checked = runner.run(tool)
  await fetchProduct(options, tool, plan)
  await until('the check to ask', () => web.recorded.length === 2)
  await release()
  await Promise.all([fetched, checked])
  t.same(
    web.recorded.map(({ path }) => path),
    ['/file', '/v.json'],
  )
  t.match(tool.download, { state: 'verified', bytes: 11 })
  t.equal(tool.fetch, undefined)
})

t.test('what was added under looser laws stops nothing but its own check', async t => {
  const { directory, runner, web, shelf, products, tool } = await openShelf(t)
  const file = join(directory, 'added.json')
  const clear = { kind: 'json', address: 'http://a.example/v.json', path: '/v' } // nobody signs it, and nobody said so
  writeFileSync(file, JSON.stringify({ format: 1, products: { odd: clear } }))
  await shelf.configure(products)
  t.match(await runner.run(shelf.find('odd')), { code: 'VIA_ADDRESS_INVALID' })
  t.equal(web.recorded.length, 0, 'and nothing is asked')
  t.equal(await runner.run(tool), undefined)
  writeFileSync(file, JSON.stringify({ format: 1, products: { odd: { ...clear, colour: 'red' } } }))
  await t.rejects(shelf.configure(products), { code: 'UPD_STATE_INVALID' }, 'damage is damage')
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Circuits } from '@cordon/shared/contracts'
import t from 'tap'
import { CordonUnderTest, run } from '../../../../deploy/dev/cordon-under-test.ts'
import { until } from '../../../../shared/test/until.ts'
import { makeOpenPgpKey } from '../openpgp-under-test.ts'
import { makeApt, packageParagraph } from '../tools-under-test.ts'

t.setTimeout(240_000)

const archive = makeOpenPgpKey(t)
const files = mkdtempSync(join(tmpdir(), 'cordon-shelf-'))
t.teardown(() => rmSync(files, { recursive: true }))
const base = `http://files.example/${archive.fingerprint}`
const version = join(files, 'version')
writeFileSync(version, '1.0-1\n')

const cordon = await CordonUnderTest.start(`services: [clock, updates]
updates:
  products:
    tool: { kind: apt, address: ${base}, suite: bookworm, package: tool, keys: [${archive.fingerprint}], keyring: ${archive.keyring}, installed: { file: ${version} } }
    feed: { kind: json, address: https://files.example/${archive.fingerprint}/v.json, path: /v, installed: { file: ${version} } }
`)
t.teardown(() => cordon.close())
const port = await cordon.add('shelf')

async function put(address: string, content: Uint8Array | string): Promise<void> {
  const path = join(files, 'upload')
  writeFileSync(path, content)
  const { status, stderr } = await run('curl', [
    '-sSf',
    '-m',
    '40',
    '-x',
    `socks5h://127.0.0.1:${port}`,
    '-T',
    path,
    address,
  ])
  if (status !== 0) throw new Error(stderr)
}

async function publish(newest: string, fields: Record<string, string> = {}): Promise<void> {
  const packages = packageParagraph('other', '9') + packageParagraph('tool', newest)
  const repository = makeApt({ sign: archive.clearSign, packages, fields, base })
  for (const [address, content] of Object.entries(repository)) await put(address, content)
}

const check = async (product: string) => {
  const { status, stdout } = await cordon.cordon('updates', 'check', product, '--json')
  return { status, product: JSON.parse(stdout === '' ? '{"products":[]}' : stdout).products[0] }
}

t.test(
  'UPD-10 nothing is asked before the clock is trusted; then a signed repository over tor, with exit status 10',
  async t => {
    await publish('1.2-1')
    await put(`${base}/v.json`, '{"v":"1.0"}')
    await until('the clock to be trusted', async () => {
      const { clock } = JSON.parse((await cordon.cordon('updates', '--json')).stdout)
      return clock === 'trusted'
    })
    t.match(await check('tool'), {
      status: 10,
      product: {
        installed: '1.0-1',
        latest: '1.2-1',
        verdict: 'available',
        signedBy: archive.fingerprint,
        unsigned: false,
      },
    })
    writeFileSync(version, '1.2-1\n')
    t.match((await check('tool')).product, { verdict: 'current' })
  },
)

t.test('a source over TLS that nobody signs says so', async t => {
  writeFileSync(version, '1.0\n')
  t.match(await check('feed'), { status: 0, product: { verdict: 'current', signedBy: null, unsigned: true } })
})

t.test(
  'UPD-02 rollback and freeze over tor: the verdict is unknown, the status 1, and nothing is forgotten',
  async t => {
    writeFileSync(version, '1.2-1\n')
    await publish('1.1-1')
    t.match(await check('tool'), {
      status: 1,
      product: { verdict: 'unknown', reason: 'UPD_ROLLBACK', latest: '1.2-1' },
    })
    await publish('1.3-1', { 'Valid-Until': 'Sat, 17 May 2025 10:00:00 UTC' })
    t.match(await check('tool'), { status: 1, product: { verdict: 'unknown', reason: 'UPD_FROZEN', latest: '1.2-1' } })
    const { entries } = JSON.parse((await cordon.cordon('updates', 'history', '--json')).stdout)
    t.same(entries[0].reason, 'UPD_FROZEN')
  },
)

t.test('ISO-11 each check has circuits of its own, and none is an app’s', async t => {
  const circuits: Circuits = await cordon.circuits()
  const groups = (app: string): string[] => [
    ...new Set(circuits.apps.find(({ id }) => id === app)?.circuits.map(({ group }) => group)),
  ]
  const ours = groups('cordon-updates')
  t.ok(ours.length >= 2, `${ours.length} circuits of checks`)
  for (const { id } of circuits.apps) {
    if (id !== 'cordon-updates')
      t.same(
        groups(id).filter(group => ours.includes(group)),
        [],
        id,
      )
  }
})

t.test('logs and spans name neither a product nor a place', async t => {
  for (const command of ['logs', 'traces']) {
    const { stdout } = await cordon.cordon(command, '--json')
    t.notMatch(stdout, /files\.example|"tool"|"feed"|InRelease/, command)
  }
})

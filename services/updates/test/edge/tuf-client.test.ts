import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import t from 'tap'
import { TufClientUnderTest } from '../tuf-client-under-test.ts'
import { LONG_AGO, makeTufKey, TufRepository } from '../tuf-repository.ts'

// What the client must do with a repository, and that on refusal what it trusts stays what it was. The cases of the public
// conformance suite, group by group, are in tuf-conformance.test.ts.

const SHIM = fileURLToPath(new URL('../tuf-conformance-client.ts', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'cordon-tuf-'))
t.teardown(() => rmSync(scratch, { recursive: true }))

/** Refresh once well, then after `change`: it must be refused with `code`, and nothing that was trusted may change. */
async function refused(t: Test, name: string, code: string, change: (repository: TufRepository) => void, kept = true) {
  const repository = new TufRepository()
  const client = new TufClientUnderTest(repository, scratch)
  t.match(await client.refresh(), { type: 'done' }, `${name}: positive control`)
  const before = client.files
  change(repository)
  t.match(await client.refresh(), { type: 'failed', fault: { code } }, name)
  if (kept) t.same(client.files, before, `${name}: nothing has changed`)
}

t.test('init, refresh, download: the whole workflow, and only what is new is asked for', async t => {
  const repository = new TufRepository()
  repository.addTarget('dir/tool.json', '{"version":"1.2"}', { version: '1.2' })
  repository.publish()
  const client = new TufClientUnderTest(repository, scratch)
  t.match(await client.download('dir/tool.json'), {
    type: 'done',
    value: { content: Buffer.from('{"version":"1.2"}'), custom: { version: '1.2' }, bytes: 17 },
  })
  t.same(client.versions, [1, 3, 3, 3])
  const asked = client.asked.length
  t.match(await client.refresh(), { type: 'done' })
  t.same(client.asked.slice(asked), ['metadata/2.root.json', 'metadata/timestamp.json'])
  t.match(await client.download('none'), { type: 'failed', fault: { code: 'UPD_WRONG_PRODUCT' } })
  t.same(readdirSync(scratch), [], 'nothing is left lying about')
})

t.test('without consistent snapshots the names have no versions', async t => {
  const repository = new TufRepository()
  repository.rotateRoot(() => {
    repository.isConsistent = false
  })
  repository.addTarget('tool', 'x')
  repository.publish()
  const client = new TufClientUnderTest(repository, scratch)
  t.match(await client.download('tool'), { type: 'done', value: { content: Buffer.from('x') } })
  t.ok(client.asked.includes('metadata/snapshot.json') && client.asked.includes('targets/tool'))
})

t.test('root rotation: each version by the keys of the one before and its own', async t => {
  const repository = new TufRepository()
  const client = new TufClientUnderTest(repository, scratch)
  await client.refresh()
  for (let n = 0; n < 3; n++) {
    repository.rotateRoot(() => {
      repository.roles.root.keys = [makeTufKey()]
    })
  }
  t.match(await client.refresh(), { type: 'done' })
  t.equal(client.version('root'), 4)
  const unsigned = (change: (repository: TufRepository) => void) => (given: TufRepository) => {
    change(given)
    given.roles.root.version += 1
    given.publishRoot()
  }
  await refused(
    t,
    'by the new keys alone',
    'UPD_SIGNATURE_BAD',
    unsigned(given => {
      given.roles.root.keys = [makeTufKey()]
    }),
  )
  await refused(t, 'by the old keys alone', 'UPD_SIGNATURE_BAD', given => {
    given.signers.root = given.roles.root.keys
    given.rotateRoot(() => {
      given.roles.root.keys = [makeTufKey()]
    })
  })
  await refused(t, 'a version is left out', 'UPD_ROLLBACK', given => {
    given.roles.root.version += 1
    given.publishRoot()
    given.served.set('metadata/2.root.json', given.served.get('metadata/2.root.json') ?? Buffer.from('x'))
    given.roles.root.version += 1
    given.served.set('metadata/2.root.json', given.publishRoot())
  })
})

t.test('thresholds: as many different keys as the root says, and no key counts twice', async t => {
  const repository = new TufRepository()
  repository.rotateRoot(() => {
    repository.roles.targets.keys = [makeTufKey(), makeTufKey()]
    repository.roles.targets.threshold = 2
  })
  repository.publish()
  t.match(await new TufClientUnderTest(repository, scratch).refresh(), { type: 'done' })
  const [one] = repository.roles.targets.keys
  repository.signers.targets = one === undefined ? [] : [one, one]
  repository.publish()
  t.match(await new TufClientUnderTest(repository, scratch).refresh(), {
    type: 'failed',
    fault: { code: 'UPD_SIGNATURE_BAD' },
  })
})

t.test('arbitrary software: each role by its own keys alone', async t => {
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    await refused(
      t,
      `${role} by a stranger`,
      'UPD_SIGNATURE_BAD',
      given => {
        given.signers[role] = [makeTufKey()]
        given.publish()
      },
      false,
    )
  }
})

t.test('UPD-02 freeze: an expired role is refused, and an expired root in the middle of a chain is not', async t => {
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    await refused(
      t,
      role,
      'UPD_FROZEN',
      given => {
        given.roles[role].expires = LONG_AGO
        given.publish()
      },
      false,
    )
  }
  const repository = new TufRepository()
  const client = new TufClientUnderTest(repository, scratch)
  repository.rotateRoot(() => {
    repository.roles.root.expires = LONG_AGO
  })
  t.match(await client.refresh(), { type: 'failed', fault: { code: 'UPD_FROZEN' } }, 'the last root')
  repository.rotateRoot(() => {
    repository.roles.root.expires = '2099-01-01T00:00:00Z'
  })
  t.match(await client.refresh(), { type: 'done' }, 'and it recovers')
  // What is trusted and has expired meanwhile is replaced by what is newer.
  t.equal(client.version('root'), 3)
})

t.test('UPD-02 rollback: no role goes back, nor what it names', async t => {
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) {
    await refused(
      t,
      role,
      'UPD_ROLLBACK',
      given => {
        given.roles[role].version -= 2
        given.publish()
      },
      role === 'timestamp',
    )
  }
  const repository = new TufRepository()
  repository.delegate('team', ['team/*'])
  repository.publish()
  const client = new TufClientUnderTest(repository, scratch)
  await client.refresh()
  repository.delegations.length = 0
  repository.delegated.clear()
  repository.publish()
  t.match(await client.refresh(), { type: 'failed', fault: { code: 'UPD_ROLLBACK' } }, 'a role that is gone')
})

t.test('UPD-02 fast-forward: after the keys are rotated lower versions are taken again', async t => {
  const repository = new TufRepository()
  const client = new TufClientUnderTest(repository, scratch)
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) repository.roles[role].version = 99_999
  repository.publish()
  t.match(await client.refresh(), { type: 'done' })
  for (const role of ['timestamp', 'snapshot', 'targets'] as const) repository.roles[role].version = 5
  repository.publish()
  t.match(await client.refresh(), { type: 'failed', fault: { code: 'UPD_ROLLBACK' } })
  repository.rotateRoot(() => {
    for (const role of ['timestamp', 'snapshot', 'targets'] as const) repository.roles[role].keys = [makeTufKey()]
  })
  repository.publish()
  t.match(await client.refresh(), { type: 'done' })
  t.equal(client.version('timestamp'), 7)
})

t.test('mix-and-match: metadata that is not what the next role names', async t => {
  await refused(
    t,
    'an older snapshot under a newer timestamp',
    'UPD_MISMATCH',
    given => {
      const old = given.served.get('metadata/2.snapshot.json')
      given.publish()
      if (old !== undefined) given.served.set('metadata/3.snapshot.json', old)
    },
    false,
  )
  await refused(
    t,
    'targets that the snapshot does not name',
    'UPD_MISMATCH',
    given => {
      given.publish()
      const other =
        given.served.get('metadata/3.targets.json')?.toString().replace('"signatures"', '"Signatures"') ?? ''
      given.served.set('metadata/3.targets.json', Buffer.from(other))
    },
    false,
  )
})

t.test('UPD-03 endless data: nothing is taken beyond what may come', async t => {
  await refused(t, 'a timestamp of 20 KB', 'VIA_TOO_LARGE', given => {
    given.served.set('metadata/timestamp.json', Buffer.alloc(20_000, 0x20))
  })
  await refused(t, 'a root of 600 KB', 'VIA_TOO_LARGE', given => {
    given.served.set('metadata/2.root.json', Buffer.alloc(600_000, 0x20))
  })
  const repository = new TufRepository()
  repository.addTarget('tool', 'short')
  repository.publish()
  for (const [name, content] of repository.served) {
    if (name.startsWith('targets/')) repository.served.set(name, Buffer.concat([content, Buffer.from('more')]))
  }
  t.match(await new TufClientUnderTest(repository, scratch).download('tool'), {
    type: 'failed',
    fault: { code: 'VIA_TOO_LARGE' },
  })
})

t.test('UPD-04 a target of the right length and another hash, or shorter, is refused', async t => {
  const repository = new TufRepository()
  repository.addTarget('tool', 'short')
  repository.publish()
  for (const content of ['shorT', 'shor', '']) {
    for (const name of repository.served.keys()) {
      if (name.startsWith('targets/')) repository.served.set(name, Buffer.from(content))
    }
    t.match(
      await new TufClientUnderTest(repository, scratch).download('tool'),
      { type: 'failed', fault: { code: 'UPD_MISMATCH' } },
      content,
    )
  }
})

t.test('delegations: by path, by the delegated key, in order, and no further than a terminating one', async t => {
  const repository = new TufRepository()
  const file = (version: string) => ({ length: 1, hashes: { sha256: 'ab'.repeat(32) }, custom: { version } })
  repository.delegate('first', ['a/*'], { targets: { 'a/x': file('1') } })
  const second = { 'a/x': file('2'), 'a/y': file('2'), 'c/z': file('2') }
  repository.delegate('second', ['a/*', 'b/*'], { targets: second, terminating: true })
  repository.delegate('third', ['a/*', 'c/*'], { targets: { 'a/w': file('3'), 'c/z': file('3') } })
  repository.publish()
  const client = new TufClientUnderTest(repository, scratch)
  const find = (name: string) => finding(client, name)
  t.equal(await find('a/x'), '1', 'the first that has it')
  t.equal(await find('a/y'), '2')
  t.equal(await find('c/z'), '3', 'a role speaks for its paths alone')
  t.equal(await find('a/w'), 'UPD_WRONG_PRODUCT', 'a terminating role ends the search')
})

async function finding(client: TufClientUnderTest, name: string): Promise<unknown> {
  const result = await client.find(name)
  return result.type === 'done' ? result.value.custom['version'] : result.fault.code
}

t.test('what is not metadata at all is refused', async t => {
  for (const content of ['', '{', '[]', 'null', '{"signed":{},"signatures":[]}', '<html>']) {
    await refused(t, `a timestamp that is ${content}`, 'UPD_MALFORMED', given => {
      given.served.set('metadata/timestamp.json', Buffer.from(content))
    })
  }
})

t.test('UPD-01 the three commands that a conformance suite drives: init, refresh, download', async t => {
  const repository = new TufRepository()
  repository.addTarget('dir/tool', 'content')
  repository.publish()
  const server = createServer((request, response) => {
    const found = repository.served.get(decodeURIComponent(request.url ?? '').slice(1))
    response.writeHead(found === undefined ? 404 : 200).end(found)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [metadata, into, root] = [join(scratch, 'metadata'), join(scratch, 'into'), join(scratch, 'given.json')]
  mkdirSync(into)
  writeFileSync(root, repository.initialRoot)
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [
      SHIM,
      '--metadata-dir',
      metadata,
      '--metadata-url',
      `${base}/metadata`,
      ...args,
    ])
  await run('init', root)
  await run('refresh')
  t.equal(JSON.parse(readFileSync(join(metadata, 'timestamp.json'), 'utf8')).signed.version, 3)
  await run('--target-name', 'dir/tool', '--target-base-url', `${base}/targets`, '--target-dir', into, 'download')
  t.equal(readFileSync(join(into, 'dir%2Ftool'), 'utf8'), 'content')
  repository.signers.timestamp = [makeTufKey()]
  repository.publish()
  await t.rejects(run('refresh'), { code: 1, stderr: /UPD_SIGNATURE_BAD/ }, 'and a failure is told by the exit status')
})

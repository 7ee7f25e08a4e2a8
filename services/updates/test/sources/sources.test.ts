import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { ProductSettings } from '@cordon/shared/contracts'
import t from 'tap'
import { SOURCES } from '../../src/sources/index.ts'
import { makeMinisignKey } from '../minisign-under-test.ts'
import { makeOpenPgpKey } from '../openpgp-under-test.ts'
import { makeApt, makeTools, packageParagraph, sha256, type ToolsUnderTest } from '../tools-under-test.ts'

const scratch = mkdtempSync(join(tmpdir(), 'cordon-sources-'))
t.teardown(() => rmSync(scratch, { recursive: true }))
const archive = makeOpenPgpKey(t)
const stranger = makeOpenPgpKey(t, 'stranger')
const pinned = { fingerprints: [archive.fingerprint], keyring: archive.keyring, scratch }

const find = (settings: ProductSettings, tools: ToolsUnderTest) =>
  SOURCES[settings.kind ?? 'json']({ id: 'tool', settings }, tools)

const APT: ProductSettings = {
  kind: 'apt',
  address: 'https://deb.example/debian/',
  suite: 'bookworm',
  keys: [archive.fingerprint],
  package: 'tool',
}
const INDEX = packageParagraph('other', '9') + packageParagraph('tool', '1.0-1') + packageParagraph('tool', '1.2-1')
const good = makeApt({ sign: archive.clearSign, packages: INDEX })
const fromApt = (files: Record<string, Uint8Array>, settings: Partial<ProductSettings> = {}) =>
  find({ ...APT, ...settings }, makeTools(files, { pinned }))

t.test('apt: the newest version of a package, by a signed Release and the whole index', async t => {
  const tools = makeTools(good, { pinned })
  t.match(await find(APT, tools), {
    version: '1.2-1',
    signedBy: [archive.fingerprint],
    download: { address: 'https://deb.example/debian/pool/tool.deb', bytes: 10, sha256: 'ab'.repeat(32) },
  })
  t.equal(tools.asked.length, 2)
  t.match(tools.asked[1], /\/by-hash\/SHA256\/[0-9a-f]{64}$/, 'the whole index, by its hash')
  const { package: _, ...release } = APT
  t.match(await find(release, makeTools(good, { pinned })), { version: '12.11', download: null })
})

t.test('UPD-08 apt: another suite, component, architecture or package is refused, well signed as it is', async t => {
  await t.rejects(fromApt(good, { suite: 'trixie' }), { code: 'UPD_REFUSED' })
  const files = {
    ...good,
    'https://deb.example/debian/dists/trixie/InRelease':
      good['https://deb.example/debian/dists/bookworm/InRelease'] ?? '',
  } as never
  await t.rejects(fromApt(files, { suite: 'trixie' }), { code: 'UPD_WRONG_PRODUCT', message: /another suite/ })
  await t.rejects(fromApt(good, { component: 'non-free' }), { code: 'UPD_WRONG_PRODUCT' })
  await t.rejects(fromApt(good, { architecture: 'riscv64' }), { code: 'UPD_WRONG_PRODUCT' })
  await t.rejects(fromApt(good, { package: 'none' }), { code: 'UPD_WRONG_PRODUCT' })
  const foreign = makeApt({ sign: archive.clearSign, packages: packageParagraph('tool', '3', 'arm64') })
  await t.rejects(fromApt(foreign), { code: 'UPD_WRONG_PRODUCT', message: /another architecture/ })
})

t.test(
  'UPD-08 apt: a signature of a stranger, a changed byte, and text around a clear-signed file are refused',
  async t => {
    const path = 'https://deb.example/debian/dists/bookworm/InRelease'
    const signed = Buffer.from(good[path] ?? '').toString()
    const variants: Record<string, string | Uint8Array> = {
      stranger: stranger.clearSign(signed.slice(signed.indexOf('Origin'), signed.indexOf('-----BEGIN PGP SIGNATURE'))),
      changed: signed.replace('12.11', '12.12'),
      appended: `${signed}Version: 99\n`,
      'appended after a blank line': `${signed}\n\nVersion: 99\n`,
      prepended: `Version: 99\n${signed}`,
      twice: signed + signed,
      'between text and signature': signed.replace(
        '-----BEGIN PGP SIGNATURE',
        '-----BEGIN PGP MESSAGE-----\n\n-----BEGIN PGP SIGNATURE',
      ),
      unsigned: signed.slice(signed.indexOf('Origin'), signed.indexOf('-----BEGIN PGP SIGNATURE')),
      truncated: signed.slice(0, -200),
      empty: '',
    }
    for (const [name, content] of Object.entries(variants)) {
      await t.rejects(fromApt({ ...good, [path]: Buffer.from(content) }), { code: 'UPD_SIGNATURE_BAD' }, name)
    }
  },
)

t.test('UPD-04 apt: an index of another hash, length or content is refused (mix-and-match)', async t => {
  const path = Object.keys(good).find(one => one.includes('by-hash')) ?? ''
  const other = gzipSync(packageParagraph('tool', '9.9-1'))
  await t.rejects(fromApt({ ...good, [path]: other }), { code: 'UPD_MISMATCH' })
  const packed = Buffer.from(good[path] ?? '')
  await t.rejects(fromApt({ ...good, [path]: packed.subarray(0, -9) }), { code: 'UPD_MALFORMED' }, 'truncated')
  await t.rejects(fromApt({ ...good, [path]: Buffer.concat([packed, packed]) }), { code: 'VIA_TOO_LARGE' }, 'longer')
  // A bomb: the Release itself names it, and names what it unpacks to.
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const release = makeApt({
    sign: archive.clearSign,
    packages: '',
    fields: {
      SHA256: `\n ${sha256(bomb)} ${bomb.length} main/binary-amd64/Packages.gz\n ${'0'.repeat(64)} 1000 main/binary-amd64/Packages`,
    },
  })
  const where = `https://deb.example/debian/dists/bookworm/main/binary-amd64/by-hash/SHA256/${sha256(bomb)}`
  await t.rejects(fromApt({ ...release, [where]: bomb }), { code: 'VIA_TOO_LARGE' })
})

t.test('apt: what is no version is refused, well signed as it is', async t => {
  const strange = `1.0${'0'.repeat(200)}`
  for (const version of [strange, '1.0\u001b[2J', '../..']) {
    const files = makeApt({ sign: archive.clearSign, packages: packageParagraph('tool', version) })
    await t.rejects(find(APT, makeTools(files, { pinned })), { code: 'UPD_MALFORMED' }, version.slice(0, 8))
  }
  const { package: _, ...release } = APT
  const files = makeApt({ sign: archive.clearSign, packages: '', fields: { Version: strange } })
  await t.rejects(find(release, makeTools(files, { pinned })), { code: 'UPD_MALFORMED' }, 'of the release itself')
})

t.test('apt: a Release whose promises cannot be read is refused, and its dates come out', async t => {
  const withFields = (fields: Record<string, string>) =>
    fromApt(makeApt({ sign: archive.clearSign, packages: INDEX, fields }))
  for (const fields of [
    { Date: 'yesterday' },
    { 'Valid-Until': 'soon' },
    { SHA256: '\n xyz 1 Packages' },
    { SHA256: `\n ${'0'.repeat(64)} 1 ../../etc/passwd` },
  ]) {
    await t.rejects(withFields(fields), { code: 'UPD_MALFORMED' }, JSON.stringify(fields))
  }
  const { validUntilMs, signedAtMs } = await withFields({
    Date: 'Sat, 17 May 2025 10:00:00 UTC',
    'Valid-Until': 'Sat, 24 May 2025 10:00:00 UTC',
  })
  t.same([signedAtMs, validUntilMs], [Date.UTC(2025, 4, 17, 10), Date.UTC(2025, 4, 24, 10)])
})

const LIST = `${'ab'.repeat(32)}  tool-1.4.tar.xz\n${'cd'.repeat(32)}  tool-1.5rc1.tar.xz\n`
const OPENPGP: ProductSettings = {
  kind: 'openpgp',
  address: 'https://dist.example/{version}/sums.txt',
  keys: [archive.fingerprint],
  newest: { address: 'https://dist.example/latest.json', path: '/version' },
  template: 'tool-{version}.tar.xz',
  download: { address: 'https://dist.example/{version}/tool-{version}.tar.xz' },
}
const signedList = (signature: Uint8Array, list = LIST, latest = '1.4') => ({
  'https://dist.example/latest.json': JSON.stringify({ version: latest }),
  [`https://dist.example/${latest}/sums.txt`]: list,
  [`https://dist.example/${latest}/sums.txt.asc`]: signature,
})

t.test('openpgp: a list of hashes with a detached signature, armored or binary, and a keyring either way', async t => {
  const armoredRing = join(scratch, 'ring.asc')
  writeFileSync(armoredRing, archive.armored())
  for (const armor of [true, false]) {
    const keyring = armor ? archive.keyring : armoredRing
    const tools = makeTools(signedList(archive.detach(Buffer.from(LIST), { armor })), {
      pinned: { ...pinned, keyring },
    })
    t.match(await find(OPENPGP, tools), {
      version: '1.4',
      signedBy: [archive.fingerprint],
      download: { address: 'https://dist.example/1.4/tool-1.4.tar.xz', sha256: 'ab'.repeat(32) },
    })
  }
  const clear = { ...OPENPGP, newest: undefined, clearSigned: true, address: 'https://dist.example/hashes.txt' }
  const settings = JSON.parse(JSON.stringify(clear)) as ProductSettings
  const tools = makeTools({ 'https://dist.example/hashes.txt': archive.clearSign(LIST) }, { pinned })
  t.match(await find(settings, tools), { version: '1.4' })
})

t.test('UPD-08 openpgp: another version, a stranger, and a payload before, within or after the signature', async t => {
  const signature = archive.detach(Buffer.from(LIST))
  const text = signature.toString()
  const run = (bytes: Uint8Array | string, latest = '1.4') =>
    find(OPENPGP, makeTools(signedList(Buffer.from(bytes), LIST, latest), { pinned }))
  await t.rejects(run(signature, '1.3'), { code: 'UPD_WRONG_PRODUCT' }, 'a well-signed list of another version')
  await t.rejects(run(stranger.detach(Buffer.from(LIST))), { code: 'UPD_SIGNATURE_BAD', message: /not in the keyring/ })
  await t.rejects(run(archive.detach(Buffer.from(`${LIST} `))), { code: 'UPD_SIGNATURE_BAD' })
  const endless = Buffer.concat([signature, Buffer.alloc(65_536, '\n')])
  await t.rejects(run(endless), { code: 'VIA_TOO_LARGE' }, 'UPD-03 a signature that does not end')
  const binary = archive.detach(Buffer.from(LIST), { armor: false })
  const literal = Buffer.from([0xcb, 0x06, 0x62, 0x00, 0, 0, 0, 0]) // a literal data packet (RFC 9580 section 5.9)
  for (const [name, bytes] of Object.entries({
    'before the armor': `payload\n${text}`,
    'after the armor': `${text}payload\n`,
    'two armors': text + text,
    'a packet before': Buffer.concat([literal, binary]),
    'a packet after': Buffer.concat([binary, literal]),
    'cut short': binary.subarray(0, -1),
    'a byte more': Buffer.concat([binary, Buffer.of(0x88)]),
    'a whole signed message': archive.clearSign(LIST),
    empty: '',
  })) {
    await t.rejects(run(bytes), { code: 'UPD_SIGNATURE_BAD' }, name)
  }
})

t.test('UPD-08 openpgp: what a clear-signed file says in its head is signed by nobody, and refused', async t => {
  const address = 'https://dist.example/hashes.txt'
  const settings = { kind: 'openpgp' as const, address, keys: pinned.fingerprints, clearSigned: true }
  const signed = archive.clearSign(LIST).toString()
  const run = (text: string) =>
    find({ ...settings, template: 'tool-{version}.tar.xz' }, makeTools({ [address]: text }, { pinned }))
  t.match(await run(signed), { version: '1.4' }, 'positive control')
  for (const head of [
    'Comment: tool-9.9.tar.xz',
    'NotDashEscaped: You need gpg to verify this message',
    'Hash:SHA512',
  ]) {
    const text = signed.replace(/^Hash: .*$/m, line => `${line}\n${head}`)
    await t.rejects(run(text), { code: 'UPD_SIGNATURE_BAD', message: /its head says more/ }, head)
  }
})

t.test('openpgp: a gpgv that is ended before its time has verified nothing', async t => {
  const programs = mkdtempSync(join(tmpdir(), 'cordon-programs-'))
  const { PATH } = process.env
  t.teardown(() => {
    process.env['PATH'] = PATH
    rmSync(programs, { recursive: true })
  })
  const good = `[GNUPG:] VALIDSIG ${archive.fingerprint} 2026-01-01 1767225600 0 4 0 22 10 00 ${archive.fingerprint}`
  const documents = signedList(archive.detach(Buffer.from(LIST)))
  const run = async (end: string) => {
    writeFileSync(join(programs, 'gpgv'), `#!/bin/sh\necho '${good}' >&3\n${end}\n`, { mode: 0o755 })
    return await find(OPENPGP, makeTools(documents, { pinned }))
  }
  process.env['PATH'] = `${programs}:/usr/bin:/bin`
  t.match(await run('exit 0'), { version: '1.4' }, 'positive control')
  await t.rejects(run('kill -KILL $$'), { code: 'UPD_SIGNATURE_BAD', message: /did not come to an end/ })
  await t.rejects(
    run(`while echo '${good}' >&3; do :; done`),
    { message: /did not come to an end/ },
    'nor one without end',
  )
})

t.test('openpgp: a missing keyring says which key to put where, and a missing gpgv what to install', async t => {
  const missing = { ...pinned, keyring: '/nowhere/key.gpg' }
  const documents = signedList(archive.detach(Buffer.from(LIST)))
  await t.rejects(find(OPENPGP, makeTools(documents, { pinned: missing })), {
    code: 'UPD_KEY_MISSING',
    next: new RegExp(`${archive.fingerprint}.*> /nowhere/key.gpg`),
  })
  const { PATH } = process.env
  process.env['PATH'] = '/nowhere'
  t.teardown(() => {
    process.env['PATH'] = PATH
  })
  await t.rejects(find(OPENPGP, makeTools(documents, { pinned })), { code: 'UPD_PROGRAM_MISSING', next: /gpgv/ })
})

t.test('minisign: both algorithms, the trusted comment, and what is refused', async t => {
  const key = makeMinisignKey()
  const settings: ProductSettings = {
    kind: 'minisign',
    address: 'https://dist.example/sums.txt',
    key: key.publicKey,
    template: 'tool-{version}.tar.xz',
  }
  const run = (signature: string, content = LIST, given = settings) =>
    find(
      given,
      makeTools({ 'https://dist.example/sums.txt': content, 'https://dist.example/sums.txt.minisig': signature }),
    )
  for (const algorithm of ['Ed', 'ED'] as const) {
    const signature = key.sign(LIST, { algorithm, comment: 'timestamp:1700000000\tfile:sums.txt' })
    t.match(await run(signature), { version: '1.4', signedAtMs: 1_700_000_000_000, signedBy: [key.id] })
    await t.rejects(run(signature, `${LIST} `), { code: 'UPD_SIGNATURE_BAD' }, 'a changed file')
    await t.rejects(
      run(signature.replace('1700000000', '1800000000')),
      { code: 'UPD_SIGNATURE_BAD' },
      'a changed comment',
    )
    await t.rejects(run(`${signature}more\n`), { code: 'UPD_SIGNATURE_BAD' }, 'a line more')
  }
  await t.rejects(run(makeMinisignKey().sign(LIST, {})), { code: 'UPD_SIGNATURE_BAD', message: /another key/ })
  await t.rejects(run('', LIST), { code: 'UPD_SIGNATURE_BAD' })
  await t.rejects(run(key.sign(LIST, {}), LIST, { ...settings, key: 'A'.repeat(56) }), { code: 'UPD_KEY_MISSING' })
})

t.test('json: a path in a document, unsigned or signed, with a hash for the download', async t => {
  const settings: ProductSettings = {
    kind: 'json',
    address: 'https://dist.example/v.json',
    path: '/a~1b/0/v',
    template: 'v{version}',
    download: { address: 'https://dist.example/t-{version}', hashPath: '/hash' },
  }
  const document = JSON.stringify({ 'a/b': [{ v: 'v2.1' }], hash: 'AB'.repeat(32) })
  const run = (content: string, given = settings) => find(given, makeTools({ 'https://dist.example/v.json': content }))
  t.match(await run(document), { version: '2.1', signedBy: [], download: { sha256: 'ab'.repeat(32) } })
  for (const content of ['', '{', '[]', 'null', '{"a/b":{}}', '{"a/b":[{"v":2}],"hash":""}']) {
    await t.rejects(run(content), { code: 'UPD_MALFORMED' }, content)
  }
  await t.rejects(run('{"a/b":[{"v":"v2-beta1"}]}'), { code: 'UPD_WRONG_PRODUCT' }, 'another channel')
  await t.rejects(run(document.replace('v2.1', '../../x')), { code: 'UPD_WRONG_PRODUCT' })
  await t.rejects(run('{}', { ...settings, path: '/constructor/name' }), { code: 'UPD_MALFORMED' }, 'nothing inherited')
})

t.test('json: a document of which the hash is pinned is that document or none', async t => {
  const document = JSON.stringify({ v: '1.4', hash: 'ab'.repeat(32) })
  const settings: ProductSettings = {
    kind: 'json',
    address: 'http://dist.example/1.4/release.json',
    path: '/v',
    sha256: sha256(document),
    download: { address: 'https://dist.example/t-{version}', hashPath: '/hash' },
  }
  const run = (content: string) => find(settings, makeTools({ 'http://dist.example/1.4/release.json': content }))
  t.match(await run(document), {
    version: '1.4',
    signedBy: [`sha256:${sha256(document).slice(0, 16)}`],
    download: { sha256: 'ab'.repeat(32) },
  })
  await t.rejects(run(document.replace('1.4', '1.5')), { code: 'UPD_MISMATCH', message: /hash is pinned/ })
  await t.rejects(run(`${document} `), { code: 'UPD_MISMATCH' })
})

const entry = (tag: string, page = 'https://github.com/org/tool') =>
  `<entry><id>x</id><updated>2026-01-02T03:04:05Z</updated><link rel="alternate" href="${page}/releases/tag/${tag}"/><title>${tag} &amp; more</title></entry>`
const atom = (...entries: string[]) =>
  `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>${entries.join('')}</feed>`

t.test('github and forge: the newest release that belongs to the product', async t => {
  const github: ProductSettings = { kind: 'github', package: 'org/tool' }
  const run = (feed: string, settings = github) =>
    find(
      settings,
      makeTools({ 'https://github.com/org/tool/releases.atom': feed, 'https://forge.example/org/tool.rss': feed }),
    )
  t.match(await run(atom(entry('v1.9'), entry('v1.10'), entry('v2.0-rc1'))), {
    version: '1.10',
    publishedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    signedBy: [],
  })
  t.match(await run(atom(entry('v1.9'), entry('v2.0-rc1')), { ...github, prereleases: true }), { version: '2.0-rc1' })
  await t.rejects(run(atom(entry('v9', 'https://github.com/org/other'))), { code: 'UPD_WRONG_PRODUCT' })
  await t.rejects(run(atom(entry('v9', 'https://github.com/org/tool-2'))), { code: 'UPD_WRONG_PRODUCT' })
  const rss =
    '<rss><channel><item><title>Release 3.1</title><link>https://forge.example/org/tool/3.1</link><pubDate>Fri, 02 Jan 2026 03:04:05 GMT</pubDate></item></channel></rss>'
  const forge: ProductSettings = { kind: 'forge', address: 'https://forge.example/org/tool.rss' }
  t.match(await run(rss, forge), { version: '3.1', publishedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5) })
  t.match(await run(rss, { ...forge, template: 'Release {version}' }), { version: '3.1' })
  await t.rejects(run(rss.replace('https://forge', 'https://evil'), forge), { code: 'UPD_WRONG_PRODUCT' })
  const lol = '<!DOCTYPE f [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><feed><entry><title>&b;</title></entry></feed>'
  for (const feed of [
    '',
    '<feed>',
    '<feed><entry></feed>',
    lol,
    '<a>'.repeat(50) + '</a>'.repeat(50),
    atom(...Array.from({ length: 1001 }, () => entry('v1'))),
  ]) {
    await t.rejects(run(feed), { code: 'UPD_MALFORMED' }, feed.slice(0, 40))
  }
})

t.test('npm: the manifest of the package, by the registry’s signature where its key is pinned', async t => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const signature = sign('sha256', Buffer.from('@org/tool@1.2.3:sha512-x'), privateKey).toString('base64')
  const manifest = (fields: object) =>
    JSON.stringify({
      name: '@org/tool',
      version: '1.2.3',
      dist: { integrity: 'sha512-x', signatures: [{ keyid: 'k', sig: signature }] },
      ...fields,
    })
  const run = (content: string, settings: Partial<ProductSettings> = {}) =>
    find(
      { kind: 'npm', package: '@org/tool', ...settings },
      makeTools({ 'https://registry.npmjs.org/@org%2ftool/latest': content }),
    )
  t.match(await run(manifest({})), { version: '1.2.3', signedBy: [] })
  t.match(await run(manifest({}), { key }), { version: '1.2.3', signedBy: ['registry key'] })
  await t.rejects(run(manifest({ version: '1.2.4' }), { key }), { code: 'UPD_SIGNATURE_BAD' })
  await t.rejects(
    run(manifest({ dist: { integrity: 'sha512-x' } }), { key }),
    { code: 'UPD_SIGNATURE_BAD' },
    'no signature',
  )
  await t.rejects(run(manifest({ name: 'other' })), { code: 'UPD_WRONG_PRODUCT' })
  const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  for (const other of [ed25519, Buffer.alloc(60).toString('base64')]) {
    await t.rejects(
      run(manifest({}), { key: other }),
      { code: 'UPD_KEY_MISSING', next: /keys$|keys\.$/ },
      'no such key',
    )
  }
})

t.test('pypi: the document of the project', async t => {
  const document = (name: string, url = 'https://files.example/t.tar.gz') =>
    JSON.stringify({
      info: { name, version: '2.6.2' },
      urls: [
        {
          packagetype: 'sdist',
          url,
          digests: { sha256: 'ab'.repeat(32) },
          size: 7,
          upload_time_iso_8601: '2026-01-02T03:04:05Z',
        },
      ],
    })
  const run = (content: string) =>
    find(
      { kind: 'pypi', package: 'onionshare-cli' },
      makeTools({ 'https://pypi.org/pypi/onionshare-cli/json': content }),
    )
  t.match(await run(document('OnionShare_CLI')), {
    version: '2.6.2',
    publishedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    download: { bytes: 7 },
  })
  await t.rejects(run(document('onionshare')), { code: 'UPD_WRONG_PRODUCT' })
  for (const url of [
    'no address',
    'http://files.example/t',
    'file:///etc/passwd',
    `https://a.example/${'x'.repeat(3000)}`,
  ]) {
    t.match(await run(document('onionshare-cli', url)), { version: '2.6.2', download: null }, url.slice(0, 30))
  }
})

t.test('flatpak: one component of a whole catalogue, packed or not', async t => {
  const component = (id: string, version: string) =>
    `<component type="desktop"><id>${id}</id><provides><id>org.tool.Tool</id></provides><releases><release version="${version}-beta" type="development" timestamp="1800000000"/><release version="${version}" timestamp="1700000000"/></releases></component>`
  const catalogue = `<?xml version="1.0"?><components>${component('org.other.Other', '9')}${component('org.tool.Tool.desktop', '1.2')}</components>`
  const run = (content: Uint8Array | string, file: string) =>
    find(
      { kind: 'flatpak', address: `https://flat.example/${file}`, package: 'org.tool.Tool' },
      makeTools({ [`https://flat.example/${file}`]: content }),
    )
  const expected = { version: '1.2', publishedAtMs: 1_700_000_000_000, signedBy: [] }
  t.match(await run(gzipSync(catalogue), 'appstream.xml.gz'), expected)
  t.match(await run(catalogue, 'appstream.xml'), expected)
  await t.rejects(run(catalogue.slice(0, -20), 'appstream.xml'), { code: 'UPD_MALFORMED' }, 'truncated')
  await t.rejects(run(catalogue.replace('org.tool.Tool.desktop', 'org.tool.To'), 'appstream.xml'), {
    code: 'UPD_WRONG_PRODUCT',
  })
  await t.rejects(run(gzipSync(catalogue).subarray(0, 60), 'appstream.xml.gz'), { code: 'UPD_MALFORMED' })
})

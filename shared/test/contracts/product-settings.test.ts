import { parseConfiguration } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import t from 'tap'

/** Say what is wrong with one product, or that nothing is. */
function judge(product: string): string {
  try {
    parseConfiguration(`updates:\n  products:\n    tool: ${product}\n`, 'cordon.yaml')
    return 'accepted'
  } catch (fault) {
    if (fault instanceof Fault && fault.code === 'CFG_INVALID') return fault.message
    throw fault
  }
}

const KEYS = `keys: [${'A'.repeat(40)}]`

t.test('products of each kind are understood', t => {
  for (const product of [
    '{}',
    '{ suite: bookworm, keyring: /etc/keys.gpg }',
    `{ kind: apt, address: http://deb.example/debian, suite: stable, package: tor, ${KEYS} }`,
    '{ kind: flatpak, address: https://flat.example/appstream.xml.gz, package: org.tool.Tool }',
    '{ kind: forge, address: https://forge.example/a/b/releases.rss, template: "v{version}" }',
    '{ kind: github, package: org/tool, prereleases: true, silenceDays: 30 }',
    `{ kind: json, address: https://a.example/v.json, path: /version, ${KEYS}, installed: { file: ~/version } }`,
    '{ kind: json, address: http://a.example/v.json, path: /version, unsigned: true }',
    `{ kind: json, address: http://a.example/1.4/v.json, path: /version, sha256: ${'ab'.repeat(32)} }`,
    `{ kind: json, address: http://${'a'.repeat(56)}.onion/v.json, path: /version }`,
    `{ kind: minisign, address: http://a.example/sums, key: RW${'R'.repeat(54)}, template: "t-{version}.tar" }`,
    '{ kind: npm, package: "@org/tool", installed: { command: [tool, --version] } }',
    `{ kind: openpgp, address: "http://a.example/{version}/sums", template: "t-{version}.tar", ${KEYS}, newest: { address: https://a.example/v } }`,
    '{ kind: pypi, package: onionshare-cli }',
    '{ kind: tuf, address: http://a.example/metadata, root: /etc/root.json, target: tool.json }',
  ]) {
    t.equal(judge(product), 'accepted', product)
  }
  t.end()
})

t.test('each mistake is named: unknown kind, missing key, http without signature, and what does not belong', t => {
  for (const [product, said] of [
    ['{ kind: rpm }', /tool\.kind: found "rpm"; allowed: one of apt, flatpak/],
    ['{ kind: apt, address: http://a.example/, suite: s }', /tool\.keys: found .*; allowed: a value: kind apt/],
    [
      `{ kind: json, address: https://a.example/, path: /v, ${KEYS}, sha256: ${'ab'.repeat(32)} }`,
      /tool\.sha256: .*one who vouches/,
    ],
    [`{ kind: github, package: a/b, sha256: ${'ab'.repeat(32)} }`, /tool\.sha256: .*kind github has no such key/],
    ['{ kind: json, address: https://a.example/ }', /tool\.path: .*kind json cannot do without it/],
    [
      '{ kind: json, address: http://a.example/, path: /v }',
      /tool\.address: found "http.*; allowed: https:.*unsigned: true/,
    ],
    ['{ kind: forge, address: http://onion.example/x.onion }', /tool\.address: .*unsigned: true/],
    ['{ kind: github, package: a/b, address: https://x.example/ }', /tool\.address: .*kind github has no such key/],
    ['{ keys: [x] }', /tool\.keys\.0: found "x"; allowed: 40 hexadecimal digits/],
    [`{ ${KEYS} }`, /tool\.keys: .*a product of the catalogue/],
    ['{ installed: {} }', /tool\.installed: .*exactly one of dpkg, flatpak, command, file/],
    ['{ installed: { dpkg: a, file: /b } }', /tool\.installed: .*exactly one/],
    ['{ kind: github, package: a/b, template: none }', /tool\.template: .*where the version stands/],
    ['{ kind: tuf, address: ftp://a/, root: r, target: t }', /tool\.root: found "r"; allowed: an absolute path/],
    [
      `{ kind: openpgp, address: https://a.example/, template: "{version}", ${KEYS}, newest: { address: http://a.example/ } }`,
      /tool\.newest: .*https/,
    ],
    [
      '{ kind: json, address: "https://a.example/{version}/v", path: /v }',
      /tool\.address: .*without \{version\}, or newest/,
    ],
    ['{ kind: github, package: tool }', /tool\.package: found "tool"; allowed: ORG\/NAME/],
    [
      `{ kind: minisign, address: https://a.example/, template: "{version}", key: ${'A'.repeat(56)} }`,
      /tool\.key: .*begin with RW/,
    ],
    [
      `{ kind: openpgp, address: https://a.example/, template: "{version}", ${KEYS}, clearSigned: true, signature: https://a.example/s }`,
      /tool\.signature: .*in the document/,
    ],
    [
      '{ kind: json, address: https://a.example/, path: /v, download: { address: https://a.example/t, signature: https://a.example/s } }',
      /tool\.download: .*names no keys/,
    ],
    [
      '{ kind: json, address: https://a.example/, path: /v, download: { address: https://a.example/t } }',
      /tool\.download: .*hashPath or signature/,
    ],
    [
      `{ kind: openpgp, address: https://a.example/, template: "{version}", ${KEYS}, download: { address: https://a.example/t, hashPath: /h } }`,
      /tool\.download: .*by the name of the file/,
    ],
    ['{ colour: red }', /tool\.colour: unknown key; allowed: kind, address/],
  ] as const) {
    t.match(judge(product), said, product)
  }
  t.match(judge('{}\n    Bad: {}'), /updates\.products\.Bad: unknown key; allowed: a map from product names/)
  t.end()
})

import { completeAppSettings, completeLimits, layOutRuntime, parseConfiguration } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { parseAppId } from '@cordon/shared/isolation'
import fc from 'fast-check'
import t from 'tap'

/** Parse a text that must be refused, and give what is said. */
function complain(text: string): string {
  try {
    parseConfiguration(text, 'cordon.yaml')
  } catch (fault) {
    if (fault instanceof Fault && fault.code === 'CFG_INVALID') return fault.message
    throw fault
  }
  return 'accepted'
}

t.test('no file, an empty file and a full one are understood', async t => {
  t.same(parseConfiguration('', 'f'), {})
  const full = parseConfiguration(
    `apps:
  mail: { port: 20001, isolate: host, circuits: short, ports: [143, 993, 6660-6669], onionOnly: false }
  browser:
    allow: ['*.example.org', 203.0.113.0/24, '2001:db8::/32']
    deny: [ads.example.org]
    ipv6: refuse
    remoteNamesOnly: true
    extendedErrors: true
tor:
  program: /usr/bin/tor
  bridges: { lines: ['obfs4 192.0.2.1:443 0123456789ABCDEF0123456789ABCDEF01234567 cert=abc iat-mode=0'] }
  upstreamProxy: socks5://192.0.2.9:1080
limits: { connectSeconds: 45 }
`,
    'cordon.yaml',
  )
  t.match(full, { apps: { mail: { port: 20001 } }, limits: { connectSeconds: 45 } })
})

t.test('a collector is on this machine, or behind TLS or an onion address', async t => {
  const onion = `${'a'.repeat(56)}.onion`
  const said = (collector: string) => complain(`telemetry: { collector: '${collector}' }`)
  for (const good of [
    'unix:/run/otel.sock',
    'http://127.0.0.1:4318',
    'http://127.8.8.8/v1/traces',
    'http://[::1]:4318',
    'http://localhost:4318',
    `http://${onion}/v1/traces`,
    'https://otel.example/v1/traces',
    'https://otel.example:4318',
  ]) {
    t.equal(said(good), 'accepted', good)
  }
  for (const bad of [
    'http://otel.example',
    'http://127.0.0.1.example',
    'http://localhost.example:80',
    `http://${onion}.example`,
    'http://user@127.0.0.1',
    'https://user:secret@otel.example',
    'https://',
    'ftp://otel.example',
    'unix:relative',
    'http://192.168.1.1',
  ]) {
    t.match(said(bad), /telemetry\.collector: found .*; allowed: unix:\/PATH or http/, bad)
  }
})

t.test('a mistake is named with key, line, what was found and what is allowed', async t => {
  const cases: readonly (readonly [text: string, said: string])[] = [
    [
      'apps:\n  mail:\n    isolate: hots\n',
      'cordon.yaml line 3: apps.mail.isolate: found "hots"; allowed: one of app, host, stream',
    ],
    [
      'apps:\n  mail:\n    port: 80\n',
      'cordon.yaml line 3: apps.mail.port: found 80; allowed: a whole number from 1024 to 65535',
    ],
    ['apps:\n  mail:\n    prot: 20000\n', 'cordon.yaml line 3: apps.mail.prot: unknown key; allowed: port, isolate'],
    ['apps:\n  Mail: {}\n', 'cordon.yaml line 2: apps.Mail: unknown key; allowed: a map from app names'],
    [
      'apps:\n  cordon-clock: {}\n',
      'line 2: apps.cordon-clock: unknown key; allowed: a map from app names (a-z, 0-9 and hyphens, 32 at most; cordon-… are',
    ],
    ['zz: 1\n', 'cordon.yaml line 1: zz: unknown key; allowed: apps, services, dns, tor, limits'],
    ['apps:\n  a:\n    ports: [1, 2, 99999]\n', 'line 3: apps.a.ports.2: found 99999; allowed: a port'],
    ['apps:\n  a:\n    ports: [20-10]\n', 'line 3: apps.a.ports.0: found "20-10"; allowed: a port'],
    ['apps:\n  a:\n    ports: [1-70000]\n', 'line 3: apps.a.ports.0: found "1-70000"; allowed: a port'],
    ['apps:\n  a:\n    deny: [10.0.0.0/33]\n', 'line 3: apps.a.deny.0: found "10.0.0.0/33"; allowed: a name'],
    ['apps:\n  a:\n    deny: [example.org/8]\n', 'line 3: apps.a.deny.0: found "example.org/8"; allowed: a name'],
    [
      'apps:\n  a: { port: 20000 }\n  b: { port: 20000 }\n',
      'line 3: apps.b.port: found 20000; allowed: a port that nothing else of Cordon has',
    ],
    ['tor:\n  external: { control: unix:/c }\n', 'line 2: tor.external.socks: found nothing; allowed: unix:/PATH'],
    [
      'tor:\n  bridges:\n    lines: ["a\\nControlPort 9051"]\n',
      'line 3: tor.bridges.lines.0: found "a\\nControlPort 9051"; allowed: one line',
    ],
    ['services: [dsn]\n', 'line 1: services.0: found "dsn"; allowed: one of dns, clock, updates'],
    ['services: none\n', 'line 1: services: found "none"; allowed: a list of dns, clock, updates; empty for none'],
    [
      'services: [dns]\napps:\n  a: { hold: clock }\n',
      'line 3: apps.a.hold: found "clock"; allowed: none, or clock with clock in services',
    ],
    ['services: [updates]\n', 'line 1: services: found ["updates"]; allowed: updates with clock'],
    ['services: []\ndns: { desktop: a }\n', 'line 2: dns.desktop: found "a"; allowed: an app, with dns in services'],
    ['apps: [', 'cordon.yaml line 1: '],
    ['apps:\n  a: {}\n  a: {}\n', 'cordon.yaml line 3: '],
    ['apps:\n  a: &x {}\n  b: *x\n', 'cordon.yaml: aliases (*name) are not allowed'],
    ['- 1', 'cordon.yaml: the document: found [1]; allowed: a map of settings'],
    ['x'.repeat(1_048_577), 'cordon.yaml is larger than 1 MiB'],
  ]
  for (const [text, said] of cases) t.ok(complain(text).includes(said), `${said}\n${complain(text)}`)
})

t.test('all mistakes are named at once', async t => {
  t.equal(complain('a: 1\nb: 1\nc: 1\n').split('\n').length, 3)
})

t.test('what is shown of a value is short and fit for a terminal', async t => {
  const said = complain(`apps: "\\e[31m${'x'.repeat(200)}"\n`)
  t.notOk(said.includes('\u001b'))
  t.notMatch(said, /x{61}/)
})

t.test('any text is parsed or refused with a fault, never anything else', async t => {
  const seed = 20_261_122
  t.comment(`seed ${seed}`)
  const piece = fc.constantFrom(
    'apps',
    ':',
    '\n',
    '  ',
    'a',
    '{',
    '}',
    '[',
    ']',
    '- ',
    '"',
    "'",
    '#',
    '&a',
    '*a',
    '!!',
    '|',
    '1',
    ',',
    '\t',
    '?',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 24 }).map(parts => parts.join('')),
        fc.string(),
      ),
      text => {
        complain(text)
      },
    ),
    { seed, numRuns: 20_000 },
  )
})

t.test('defaults are filled in', async t => {
  t.same(completeAppSettings({}), {
    isolate: 'app',
    circuits: 'long',
    allow: undefined,
    deny: [],
    ports: undefined,
    onionOnly: false,
    ipv6: 'allow',
    extendedErrors: false,
    remoteNamesOnly: false,
    hold: 'none',
    dns: { virtual: false, resolver: undefined },
  })
  t.match(completeLimits(undefined), { handshakeSeconds: 10, connectSeconds: 30 })
  t.match(completeLimits({ connectSeconds: 5 }), { handshakeSeconds: 10, connectSeconds: 5 })
})

t.test('sockets are where people look for them', async t => {
  const layout = layOutRuntime('/run/user/1000/cordon')
  t.equal(layout.torControlSocket, '/run/user/1000/cordon/tor/control.sock')
  t.equal(layout.torSocksSocket, '/run/user/1000/cordon/tor/socks.sock')
  const mail = parseAppId('mail')
  t.equal(mail && layout.appSocket(mail), '/run/user/1000/cordon/apps/mail.sock')
})

t.test('a resolver is an address outside this machine and its network', async t => {
  const { parseDnsResolver } = await import('@cordon/shared/contracts')
  t.same(parseDnsResolver('tls://dns.example'), {
    protocol: 'tls',
    target: { type: 'name', name: 'dns.example' },
    port: 853,
    authName: 'dns.example',
    path: '',
  })
  t.match(parseDnsResolver('tls://[2001:db8::53]:8853#dns.example'), { port: 8853, authName: 'dns.example' })
  t.match(parseDnsResolver('https://dns.example/dns-query'), { protocol: 'https', port: 443, path: '/dns-query' })
  const internal = ['tls://localhost', 'tls://192.168.1.1', 'tls://router', 'https://[::1]/q', 'tls://10.192.0.1']
  const misshapen = [
    'tls://dns.example/q',
    'https://dns.example',
    'https://dns.example/q#x',
    'udp://dns.example',
    'tls://',
  ]
  for (const text of [...internal, ...misshapen, 'tls://dns.example:0', 'tls://dns.example:70000']) {
    t.equal(parseDnsResolver(text), undefined, text)
  }
})

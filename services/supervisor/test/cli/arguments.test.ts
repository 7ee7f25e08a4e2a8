import { Fault } from '@cordon/shared/errors'
import fc from 'fast-check'
import t from 'tap'
import { readAppSettings } from '../../src/cli/app-arguments.ts'
import {
  chooseDirectories,
  describeFailure,
  EXIT,
  exitStatusOf,
  formatExports,
  formatFailure,
  listExports,
  readAppName,
  readNothing,
  readProblem,
  readStatus,
  stoppedStatus,
  toFault,
  usage,
} from '../../src/cli/index.ts'

t.test('CTL-10: names that are no app names are refused, and shown so that they command nothing', async t => {
  const hostile = [
    '../x',
    '-x',
    '--json',
    'a;b',
    '$(id)',
    '`id`',
    'a\nb',
    '',
    'A',
    'x'.repeat(10_240),
    'a/b',
    'a\u0000b',
    'é',
  ]
  for (const name of hostile) {
    t.throws(() => readAppName(name), { code: 'SUP_USAGE', next: /a-z/ }, JSON.stringify(name.slice(0, 20)))
  }
  const shown = describeFailure(thrownBy(() => readAppName('\u001b[2J\u009b\u202e'.repeat(10)))).message
  t.notMatch(shown, /\p{Cc}|\u202e/u, 'no escape sequence reaches the terminal')
  t.ok(shown.length < 100, 'and no flood')
  t.equal(readAppName('mail-2'), 'mail-2')
})

t.test('no text but a legal name passes', async t => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40, unit: 'binary' }), text => {
      try {
        return /^[a-z0-9][a-z0-9-]{0,31}$/.test(readAppName(text))
      } catch (thrown) {
        return thrown instanceof Fault
      }
    }),
    { seed: 7, numRuns: 5000 },
  )
  t.pass()
})

function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

t.test('the options of an app become its settings', async t => {
  t.same(readAppSettings({}), {})
  t.same(
    readAppSettings({
      port: '9200',
      isolate: 'stream',
      circuits: 'short',
      allow: ['*.example'],
      deny: ['198.51.100.0/24'],
      ports: ['443,8000-8010', '22'],
      onionOnly: true,
      ipv6: false,
      remoteNamesOnly: true,
      dnsPort: '9201',
      dnsVirtual: true,
      dnsResolver: 'tls://dns.example',
    }),
    {
      port: 9200,
      isolate: 'stream',
      circuits: 'short',
      allow: ['*.example'],
      deny: ['198.51.100.0/24'],
      ports: [443, '8000-8010', 22],
      onionOnly: true,
      ipv6: 'refuse',
      remoteNamesOnly: true,
      dns: { port: 9201, virtual: true, resolver: 'tls://dns.example' },
    },
  )
  t.same(readAppSettings({ ipv6: true }), {}, 'allowing is the default and is not said')
})

t.test('a wrong option is named with what was found and what is allowed', async t => {
  t.throws(() => readAppSettings({ port: '80' }), {
    message: '--port: found 80; allowed: a whole number from 1024 to 65535',
  })
  t.throws(() => readAppSettings({ port: 'x' }), { message: /^--port: found "x"/ })
  t.throws(() => readAppSettings({ isolate: 'page' }), { message: /^--isolate: found "page"; allowed: one of app/ })
  t.throws(() => readAppSettings({ allow: ['a b'] }), { message: /^--allow: / })
  t.throws(() => readAppSettings({ ports: ['http'] }), { message: /^--ports: / })
  t.throws(() => readAppSettings({ ports: ['20-10'] }), { message: /^--ports: found "20-10"/ })
  t.throws(() => readAppSettings({ controlPort: '9300' }), { message: /^--control-port: / })
  t.throws(() => readAppSettings({ dnsPort: '53' }), {
    message: '--dns-port: found 53; allowed: a whole number from 1024 to 65535',
  })
  for (const dnsResolver of ['udp://dns.example', 'tls://192.168.1.1', 'https://router/dns-query']) {
    t.throws(() => readAppSettings({ dnsResolver }), { message: /^--dns-resolver: found ".*"; allowed: tls:/ })
  }
})

t.test('failures', async t => {
  const fault = usage('no such thing')
  t.equal(exitStatusOf(fault), EXIT.usage)
  t.equal(exitStatusOf(toFault({ code: 'SUP_NOT_RUNNING', message: 'm', next: null })), EXIT.notRunning)
  t.equal(exitStatusOf(toFault({ code: 'GW_TOR_UNREACHABLE', message: 'm', next: null })), EXIT.notReady)
  t.equal(exitStatusOf(new Error('bug')), EXIT.failed)
  t.equal(formatFailure(describeFailure(fault), false), 'cordon: no such thing\n  next: See `cordon help`.\n')
  t.equal(formatFailure({ code: 'X', message: 'a\nb', next: null }, false), 'cordon: a\ncordon: b\n')
  t.same(JSON.parse(formatFailure(describeFailure(fault), true)), {
    error: { code: 'SUP_USAGE', message: 'no such thing', next: 'See `cordon help`.' },
  })
  const bare = toFault({ code: 'SUP_USAGE', message: 'm', next: null })
  t.match(describeFailure(bare), { next: null })
  t.match(describeFailure(new Error('bug')), { code: 'INTERNAL', message: 'bug' })
  t.match(toFault({ code: 'SUP_USAGE', message: 'm', next: 'n' }), { code: 'SUP_USAGE', next: 'n' })
  t.match(toFault({ code: 'toString', message: 'm', next: null }), { code: 'SUP_ANSWER_UNKNOWN', message: 'm' })
})

t.test('the exports of an app', async t => {
  const exports = listExports({ id: 'mail', port: 9150 })
  t.match(exports.set, { all_proxy: 'socks5h://127.0.0.1:9150' }, 'names are resolved by tor')
  t.same(exports.unset, ['NO_PROXY', 'no_proxy'], 'no way around')
  const text = formatExports(exports)
  for (const name of ['ALL_PROXY', 'all_proxy', 'HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy']) {
    t.ok(text.includes(`export ${name}=socks5h://127.0.0.1:9150\n`), name)
  }
  t.match(text, /\nunset NO_PROXY no_proxy\n$/)
  const control = { profile: 'tor-browser', socket: "/run/it's/apps/web.control", port: null }
  t.match(formatExports(listExports({ id: 'web', port: 9151, control })).split('\n'), [
    ...Array(6).fill(/_(PROXY|proxy)=/),
    'export TOR_SKIP_LAUNCH=1',
    'export TOR_SOCKS_HOST=127.0.0.1',
    'export TOR_SOCKS_PORT=9151',
    String.raw`export TOR_CONTROL_IPC_PATH='/run/it'\''s/apps/web.control'`,
  ])
  t.throws(() => listExports({ id: 'cordon-clock', port: null }), { code: 'GW_APP_RESERVED' })
})

t.test('directories', async t => {
  const base = {
    options: {},
    env: {},
    home: '/home/a',
    uid: 1000,
    temporary: '/tmp',
    workingDirectory: '/work place',
    hasRunUser: true,
  }
  t.same(chooseDirectories(base), {
    configurationFile: '/home/a/.config/cordon/cordon.yaml',
    configurationNamed: false,
    stateDirectory: '/home/a/.local/state/cordon',
    runtimeDirectory: '/run/user/1000/cordon',
  })
  const removed = { ...base, workingDirectory: undefined }
  t.same(chooseDirectories(removed), chooseDirectories(base), 'nothing is relative to where we stand')
  const relative = { ...removed, options: { stateDir: 's' } }
  t.throws(() => chooseDirectories(relative), { code: 'SUP_USAGE', message: /working directory was removed/ })
  t.equal(chooseDirectories({ ...base, hasRunUser: false }).runtimeDirectory, '/tmp/cordon-1000')
  t.equal(chooseDirectories({ ...base, uid: 0 }).runtimeDirectory, '/run/cordon')
  const env = { XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/r' }
  t.match(chooseDirectories({ ...base, env }), {
    configurationFile: '/c/cordon/cordon.yaml',
    stateDirectory: '/s/cordon',
    runtimeDirectory: '/r/cordon',
  })
  t.equal(chooseDirectories({ ...base, env: { XDG_STATE_HOME: 'rel' } }).stateDirectory, '/home/a/.local/state/cordon')
  const own = { ...env, CORDON_STATE_DIR: '/own/s', CORDON_RUNTIME_DIR: 'own/r' }
  t.match(chooseDirectories({ ...base, env: own }), { stateDirectory: '/own/s', runtimeDirectory: '/work place/own/r' })
  const options = { config: 'my.yaml', stateDir: '/o/s/', runtimeDir: '/o/../r' }
  t.match(chooseDirectories({ ...base, env: own, options }), {
    configurationFile: '/work place/my.yaml',
    configurationNamed: true,
    stateDirectory: '/o/s/',
    runtimeDirectory: '/r',
  })
  for (const stateDir of ['', '/a\nb']) {
    t.throws(() => chooseDirectories({ ...base, options: { stateDir } }), { code: 'SUP_USAGE' })
  }
})

t.test('answers of another version are known by their fields', async t => {
  t.equal(readStatus(stoppedStatus())?.state, 'stopped')
  for (const other of [undefined, null, 7, 'ready', [], {}, { ...stoppedStatus(), parts: {} }]) {
    t.equal(readStatus(other), undefined, JSON.stringify(other))
  }
  t.match(readProblem({ code: 'SUP_USAGE', message: 'no', next: null }), { code: 'SUP_USAGE' })
  t.equal(readNothing(undefined), true)
  t.equal(readNothing({}), undefined)
})

import fc from 'fast-check'
import t from 'tap'
import { encodeQuestion, parseAnswer } from '../../src/confine/admin-exchange.ts'
import { checkCommand, locateProgram } from '../../src/confine/command.ts'
import { findEscaped, findRivals, type SeenProcess } from '../../src/confine/own-instance.ts'
import { planChain } from '../../src/confine/program-chain.ts'
import { readProgramStatus } from '../../src/confine/program-status.ts'
import { parseRunRequest } from '../../src/confine/run-request.ts'
import { explainFailure, type NamespaceSwitches, refusesUserNamespaces } from '../../src/confine/setup-failure.ts'
import { chooseDefaultSignals, isForeground } from '../../src/confine/signals.ts'
import { findTools, TOOL_NAMES } from '../../src/confine/tools.ts'

const where = ['--state-dir=/s', '--runtime-dir=/r']

t.test('CTL-10: names that could be taken for something else are refused before anything starts', async t => {
  for (const program of ['', '-x', 'a=b', 'a\nb', 'a\0b', '\u001b[2J', 'x'.repeat(10_000)])
    t.throws(() => checkCommand([program]), { code: 'RUN_COMMAND_INVALID' }, JSON.stringify(program).slice(0, 20))
  for (const program of ['../x', 'a;b', '$(reboot)', '`x`', 'a b', '*'])
    t.doesNotThrow(() => checkCommand([program]), 'no shell sees it')
  t.throws(() => checkCommand(Array(8002).fill('x')), { code: 'RUN_COMMAND_INVALID' }, 'more than bwrap takes')
  t.doesNotThrow(() => checkCommand(Array(8001).fill('x')))
  for (const app of ['../x', '', 'A', '-a', 'a'.repeat(33), 'a\n'])
    t.throws(() => parseRunRequest([`--app=${app}`, ...where, '--', 'x']), { code: 'SUP_USAGE' }, JSON.stringify(app))
})

t.test('a request is read with its options; words after -- are the program’s, whatever they look like', async t => {
  const args = ['--app=work', ...where, '--expose=631', '--expose=8080', '--no-x11', '--dbus=filter', '--hide=.ssh']
  t.match(parseRunRequest([...args, '--', 'curl', '--expose', '-x']), {
    app: 'work',
    exposedPorts: [631, 8080],
    x11: false,
    audio: true,
    dbus: 'filter',
    hiddenPaths: ['.ssh'],
    append: false,
    words: ['curl', '--expose', '-x'],
  })
  for (const bad of ['--expose=0', '--expose=x', '--dbus=all', '--hide=', '--nonsense'])
    t.throws(() => parseRunRequest(['--app=a', ...where, bad]), { code: 'SUP_USAGE' }, bad)
  t.throws(() => parseRunRequest(['--app=a']), { code: 'SUP_USAGE' }, 'without directories')
  const append = (...words: string[]) => parseRunRequest(['--app=git', ...where, '--append', '--', ...words]).words
  for (const option of ['--private-home', '--hide=/x', '--dbus'])
    t.throws(() => append('-v', option, 'push'), { code: 'SUP_USAGE', message: /stands after git/ }, option)
  for (const words of [['push', '--force'], ['--forced'], ['--', '--hide'], []])
    t.doesNotThrow(() => append(...words), words.join(' '))
})

t.test('a program is looked up as by execvp, but never in the working directory by chance', async t => {
  const there = new Set(['/usr/bin/x', '/work/x', '/work/y'])
  const lookUp = { workingDirectory: '/work', isProgram: (path: string) => there.has(path) }
  t.equal(locateProgram('x', '/bin:/usr/bin', lookUp), '/usr/bin/x')
  t.equal(locateProgram('y', ':/bin:.', lookUp), undefined)
  t.equal(locateProgram('./y', '/bin', lookUp), '/work/y')
  t.equal(locateProgram('/work/x', '', lookUp), '/work/x')
})

t.test('the chain ends in the words as they are, one argument each', async t => {
  const programs = { ip: '', nft: '', bwrap: '/b', setpriv: '/s', env: '/e' }
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fc.boolean(), (command, isRoot) => {
      const end = { command, defaultSignals: ['PIPE'], isRoot }
      const chain = planChain(programs, { args: 7, filter: 8, status: 4 }, end)
      t.same(chain.slice(-command.length), command)
    }),
    { numRuns: 20 },
  )
  const chain = planChain(
    programs,
    { args: 7, filter: 8, status: 4 },
    { command: ['x'], defaultSignals: [], isRoot: false },
  )
  t.ok(chain.indexOf('--bounding-set=-all') < chain.indexOf('/b'), 'capabilities go before bwrap')
})

t.test('all missing tools are named at once, with their packages', async t => {
  t.throws(() => findTools(name => (name === 'nft' || name === 'bwrap' ? undefined : `/bin/${name}`), TOOL_NAMES), {
    code: 'RUN_TOOL_MISSING',
    message: 'this needs nft, bwrap',
    next: 'Run: sudo apt-get install nftables bubblewrap',
  })
})

const open: NamespaceSwitches = {
  unprivilegedClone: undefined,
  apparmorRestricts: undefined,
  maxUserNamespaces: '1000',
  maxNetNamespaces: '1000',
}

t.test('a refusal names the switch that refuses; else what was said, in one line', async t => {
  const refused = { ...open, maxUserNamespaces: '0' }
  t.ok(refusesUserNamespaces(refused))
  t.match(explainFailure('namespaces', 'unshare: x', refused), {
    code: 'RUN_NAMESPACES_REFUSED',
    message: /user.max_user_namespaces is 0/,
    next: 'Run: sudo sysctl -w user.max_user_namespaces=15000',
  })
  const ubuntu = { ...open, apparmorRestricts: '1' }
  t.match(explainFailure('devices', 'RTNETLINK', ubuntu).message, /apparmor_restrict/)
  t.notOk(refusesUserNamespaces(open))
  t.match(explainFailure('namespaces', 'a\nunshare: b\n', open).message, /\(unshare: b\)$/)
  t.match(explainFailure('rules', 'Error: x', open), { code: 'RUN_KERNEL_UNFIT', next: /nft_tproxy/ })
  t.match(explainFailure('mounts', '', open), { code: 'RUN_SETUP_FAILED' })
})

t.test('signals: what a starter wanted ignored stays ignored', async t => {
  t.same(chooseDefaultSignals('SigIgn:\t0000000001001000\n'), ['PIPE', 'XFSZ', 'INT', 'QUIT'])
  t.same(chooseDefaultSignals('SigIgn:\t0000000001001006\n'), ['PIPE', 'XFSZ'])
  t.ok(isForeground('7 (a ) b) S 1 20 20 34816 20 0'))
  t.notOk(isForeground('7 (a ) b) S 1 20 20 34816 30 0'))
})

t.test('bwrap’s words tell the inner process and the end, wherever they are cut', async t => {
  const said = '{ "child-pid": 42, "cgroup-namespace": 1 }\n{ "exit-code": 3 }\n'
  t.same(readProgramStatus(said), { innerInit: 42, exitCode: 3 })
  t.same(readProgramStatus(said.slice(0, 30)), { innerInit: 42, exitCode: undefined })
  t.same(readProgramStatus(''), { innerInit: undefined, exitCode: undefined })
})

t.test('a question to the gateway and its answer', async t => {
  t.equal(encodeQuestion({ method: 'GET', path: '/v1/apps' }), 'GET /v1/apps HTTP/1.0\r\nhost: localhost\r\n\r\n')
  t.match(encodeQuestion({ method: 'POST', path: '/x', body: { a: 'ü' } }), /content-length: 10\r\n\r\n\{"a":"ü"\}$/)
  t.same(parseAnswer('HTTP/1.1 201 Created\r\na: b\r\n\r\n{"a":1}'), { status: 201, value: { a: 1 } })
  t.same(parseAnswer('HTTP/1.1 204 No Content\r\n\r\n'), { status: 204, value: undefined })
  t.equal(parseAnswer('HTTP/1.1 200 OK\r\n'), undefined, 'cut short')
  t.equal(parseAnswer('220 smtp'), undefined)
})

const process = (pid: number, more: Partial<SeenProcess>): SeenProcess => ({
  pid,
  uid: 1000,
  program: '/usr/lib/firefox/firefox',
  args: [],
  networkNamespace: 'net:[1]',
  ...more,
})

t.test('another instance is known by the app’s own directory, and by nothing less where there is one', async t => {
  const marks = { uid: 1000, singleInstanceOf: ['firefox'], ownDirectories: ['/s/profiles/work'] }
  const outside = process(1, { args: ['firefox', '--profile', '/s/profiles/work'] })
  const option = process(2, { args: ['chromium', '--user-data-dir=/s/profiles/work/x'] })
  const other = process(3, { args: ['firefox', '--profile', '/s/profiles/work-2'] })
  const stranger = process(4, { ...outside, pid: 4, uid: 1 })
  const all = [outside, option, other, stranger, process(5, { args: ['firefox'] })]
  t.same(
    findRivals(all, marks).map(({ pid }) => pid),
    [1, 2],
  )
  t.same(
    findRivals(all, { ...marks, ownDirectories: [] }).map(({ pid }) => pid),
    [1, 2, 3, 5],
  )
})

t.test('a process outside that does a running app’s work is found; an editor of its files is not', async t => {
  const marks = { uid: 1000, singleInstanceOf: [], ownDirectories: ['/s/profiles/work'] }
  const args = ['x', '/s/profiles/work/user.js']
  const inside = process(1, { args, networkNamespace: 'net:[2]' })
  const escaped = process(2, { args })
  const editor = process(3, { args, program: '/usr/bin/vim' })
  t.same(
    findEscaped([inside, escaped, editor], marks, 'net:[2]').map(({ pid }) => pid),
    [2],
  )
  t.same(findEscaped([escaped, editor], marks, 'net:[2]'), [], 'nothing runs inside: nothing is known')
})

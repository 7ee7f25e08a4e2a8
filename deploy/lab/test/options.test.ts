import t from 'tap'
import { parseOptions, socketPath } from '../src/options.ts'

const PLAIN = { detached: false, here: false, shared: undefined } as const
const parse = (...args: string[]) => parseOptions(args, '/work/here')

t.test('a directory is needed, and seen from where we are', async t => {
  t.same(parse('--dir', 'lab'), { type: 'run', directory: '/work/here/lab', ...PLAIN })
  t.same(parse('--dir', '/x/../y/', '--detached'), { type: 'run', directory: '/y', ...PLAIN, detached: true })
  t.match(parse(), { type: 'wrong', message: /--dir/ })
  t.match(parse('--dir', ''), { type: 'wrong' })
})

t.test('a container is the lab itself, and shares with a group', async t => {
  t.match(parse('--dir', '/x', '--here', '--share', 'y'), { here: true, shared: '/work/here/y' })
  t.match(parse('--dir', '/x', '--share', '/y\nz'), { type: 'wrong', message: /--share has a control character/ })
})

t.test('help wins', async t => {
  t.same(parse('--help'), { type: 'help' })
})

t.test('what we do not know is refused, with its name', async t => {
  t.match(parse('--dir', '/x', '--fast'), { type: 'wrong', message: /--fast/ })
  t.match(parse('/x'), { type: 'wrong' })
})

t.test('a directory that would break a torrc line or a socket is refused', async t => {
  t.match(parse('--dir', '/x\nSocksPort 1'), { type: 'wrong', message: /control/ })
  const longest = `/${'x'.repeat(97)}`
  t.match(parse('--dir', longest), { type: 'run' })
  t.equal(Buffer.byteLength(socketPath(longest)), 107)
  t.match(parse('--dir', `${longest}x`), { type: 'wrong', message: /long/ })
})

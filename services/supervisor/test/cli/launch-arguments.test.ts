import fc from 'fast-check'
import t from 'tap'
import { cutRunArguments, formatRun, readRunLine } from '../../src/cli/launch-arguments.ts'

const places = { stateDirectory: '/s', runtimeDirectory: '/r' }
/** What the launcher is told, or undefined where the whole program must judge the line. */
const tell = (...args: string[]): readonly string[] | undefined => {
  const line = readRunLine(args)
  return line === undefined ? undefined : formatRun(places, line).slice(4)
}

t.test('the words of a program are its own, whatever they look like', async t => {
  t.same(tell('run', 'work', '--', 'curl', '--expose', '1', '--'), ['--', 'curl', '--expose', '1', '--'])
  t.same(tell('run', 'firefox', '--new-tab', 'x'), ['--append', '--', '--new-tab', 'x'])
  t.same(tell('run', 'firefox'), ['--append', '--'])
  fc.assert(
    fc.property(fc.array(fc.string()), words => {
      t.same(readRunLine(['run', '--no-x11', 'work', '--', ...words])?.words, ['--', ...words])
    }),
    { numRuns: 50 },
  )
})

t.test('options before the app are Cordon’s, in both spellings, and where it lives is read from them', async t => {
  const line = readRunLine(['--state-dir', '/a', 'run', '--state-dir=/b', '--expose', '80', '--expose=81', 'work', 'x'])
  t.match(line, { app: 'work', places: { stateDir: '/b' }, options: ['--expose=80', '--expose=81'], words: ['x'] })
  t.match(readRunLine(['--config', 'run', 'run', 'work']), { app: 'work', places: { config: 'run' } })
})

t.test('everything else is left to the whole program: other commands, help, mistakes', async t => {
  for (const args of [
    [],
    ['status'],
    ['run'],
    ['run', '--'],
    ['run', '--', 'curl'],
    ['run', '--help'],
    ['help', 'run'],
    ['run', '--nonsense', 'a'],
  ])
    t.equal(readRunLine(args), undefined, args.join(' '))
  t.equal(readRunLine(['run', '--expose']), undefined, 'an option without its value')
  t.same(cutRunArguments(['status', 'run', 'x', '--', 'y']).tail, [], 'a line of another command is left whole')
})

import { readFileSync } from 'node:fs'
import t from 'tap'
import { advance, drawLifeCycle, TRANSITIONS } from '../../src/lifecycle/index.ts'

t.test('an event without a cell in the table changes nothing', async t => {
  t.equal(advance('down', 'announced-ready'), 'down', 'a late word of a part that is gone')
  t.equal(advance('draining', 'announced-ready'), 'draining')
  t.equal(advance('draining', 'start'), 'draining', 'one child per part: never a second beside one that is ending')
})

t.test('a part is ready only by its own word', async t => {
  const ways = Object.entries(TRANSITIONS).flatMap(([from, cells]) =>
    Object.entries(cells).flatMap(([event, to]) => (to === 'ready' ? [`${from} ${event}`] : [])),
  )
  t.same(ways, ['starting announced-ready', 'silent answered'])
})

t.test('a part that exits is never called ready or starting', async t => {
  for (const state of ['starting', 'ready', 'silent', 'draining'] as const) t.equal(advance(state, 'exited'), 'down')
})

t.test('README.md shows the diagram of the table', async t => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  t.ok(readme.includes(`\`\`\`mermaid\n${drawLifeCycle()}\n\`\`\``), 'the diagram is the table, drawn')
})

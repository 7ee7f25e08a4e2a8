import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { CATALOGUE, explain, Fault, internal, sensitive, systemCode } from '@cordon/shared/errors'
import t from 'tap'

t.test('ERRORS.md and the catalogue say the same, in both directions', async t => {
  const document = readFileSync(new URL('../../src/errors/ERRORS.md', import.meta.url), 'utf8')
  const rows = [...document.matchAll(/^\| `([A-Z0-9_]+)` \| (.*) \| (.*) \|$/gm)].map(row => row.slice(1, 4))
  const entries = Object.entries(CATALOGUE).map(([code, { meaning, action }]) => [code, meaning, action])
  t.same(rows, entries.sort(), 'node shared/src/errors/ERRORS.md is written by `npm run errors`')
})

t.test('a sensitive value shows itself to reveal() alone', async t => {
  const wrapped = sensitive('secret.onion')
  t.equal(wrapped.reveal(), 'secret.onion')
  t.notMatch(`${wrapped} ${JSON.stringify({ wrapped })} ${inspect({ wrapped })}`, /secret/)
})

t.test('a fault keeps its code, place, advice and cause', async t => {
  const cause = new Error('disk on fire')
  const fault = new Fault('CFG_INVALID', 'no', { where: 'host', retry: 'never', next: 'Mend it.', cause })
  t.match(fault, { name: 'Fault', code: 'CFG_INVALID', where: 'host', retry: 'never', next: 'Mend it.', cause })
  t.equal(explain(fault), 'no: disk on fire')
  t.equal(new Fault('CFG_INVALID', 'no', { where: 'host', retry: 'now' }).cause, undefined)
  t.equal(explain('thrown text'), 'thrown text')
  t.match(internal('cannot be'), { name: 'InternalError' })
})

t.test('the system code of anything thrown is found or is undefined', async t => {
  t.equal(systemCode(Object.assign(new Error('x'), { code: 'ENOENT' })), 'ENOENT')
  for (const thrown of [undefined, null, 'ENOENT', new Error('x'), { code: 2 }]) t.equal(systemCode(thrown), undefined)
})

import { parseQuoted, quote, quoteBytes } from '@cordon/shared/tor-control'
import fc from 'fast-check'
import t from 'tap'
import { parseCount, parseFields, parseSigned } from '../../src/tor-control/fields.ts'
import { FUZZ_SEED } from '../fuzz.ts'

t.test('a quoted string is read with its escapes', async t => {
  t.same(parseQuoted('""'), { value: '', end: 2 })
  t.same(parseQuoted('x "a b" c', 2), { value: 'a b', end: 7 })
  t.same(parseQuoted(String.raw`"\"\\\'\n\r\t\q"`), { value: `"\\'\n\r\tq`, end: 16 })
  // Octal as tor writes bytes: one to three digits, the longest counts.
  t.same(parseQuoted(String.raw`"\377\0\33x\1234"`)?.value, '\xff\0\x1bx\x534')
})

t.test('a quoted string that never ends, or names no byte, is none', async t => {
  for (const text of ['', 'x', '"', '"a', '"a\\', '"a\\"', String.raw`"\400"`, String.raw`"\777"`]) {
    t.equal(parseQuoted(text), undefined, text)
  }
})

t.test('any text that is quoted is read again as it was', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), text => {
      const quoted = quote(text)
      t.same(parseQuoted(quoted), { value: text, end: quoted.length })
    }),
    { seed: FUZZ_SEED, numRuns: 300 },
  )
})

t.test('any bytes that are told are read again as they were, and fit on a line', async t => {
  t.equal(quoteBytes('a "b"\\\n\x00\xff'), String.raw`"a \"b\"\\\n\000\377"`)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), bytes => {
      const text = Buffer.from(bytes).toString('latin1')
      const quoted = quoteBytes(text)
      t.match(quoted, /^[\x20-\x7e]*$/)
      t.same(parseQuoted(`${quoted}1`), { value: text, end: quoted.length })
    }),
    { seed: FUZZ_SEED, numRuns: 300 },
  )
})

t.test('fields are told apart by place, then by keyword', async t => {
  const fields = parseFields('7 NEW 0 a=b.example:80 REASON=END  X="q \\" =" word EMPTY= LAST=a="b', 4)
  t.same(fields?.positional, ['7', 'NEW', '0', 'a=b.example:80', 'word'])
  t.same(Object.fromEntries(fields?.keywords ?? []), { REASON: 'END', X: 'q " =', EMPTY: '', LAST: 'a="b' })
  t.same(parseFields('"a b" c', 0)?.positional, ['a b', 'c'])
  t.same(parseFields('"a b', 2)?.positional, ['"a', 'b'], 'a leading field is a word whatever it holds')
  t.same(parseFields('', 4)?.positional, [])
})

t.test('unbalanced quotes and keywords that come twice are refused', async t => {
  for (const text of ['A="', 'A="x', 'A="x"y', '"x', '"x"y', 'A=1 A=1', 'A="\\400"']) {
    t.equal(parseFields(text, 0), undefined, text)
  }
})

t.test('numbers are whole and held exactly', async t => {
  t.equal(parseCount('0'), 0)
  t.equal(parseCount('999999999999999'), 999_999_999_999_999)
  for (const text of [undefined, '', '-1', '+1', '1e3', '0x1', ' 1', '9'.repeat(16)])
    t.equal(parseCount(text), undefined)
  t.equal(parseSigned('-4'), -4)
  t.equal(parseSigned('+4'), 4)
  for (const text of [undefined, '', '-', '1.5']) t.equal(parseSigned(text), undefined)
})

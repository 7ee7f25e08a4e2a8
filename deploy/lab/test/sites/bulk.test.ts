import t from 'tap'
import { BULK_MAX_BYTES, blocksOf, parseAmount } from '../../src/sites/bulk.ts'

t.test('the path is the number of bytes', async t => {
  t.equal(parseAmount('/0'), 0)
  t.equal(parseAmount('/30000000?n=1'), 30_000_000)
  t.equal(parseAmount(`/${BULK_MAX_BYTES}`), BULK_MAX_BYTES)
})

t.test('what is no number, or too large a one, is refused', async t => {
  for (const path of ['/', '/x', '/-1', '/1.5', '/1e3', '/1/2', `/${BULK_MAX_BYTES + 1}`, `/${'9'.repeat(30)}`])
    t.equal(parseAmount(path), undefined, path)
})

t.test('blocks add up to the amount, whatever it is', async t => {
  for (const amount of [0, 1, 65_535, 65_536, 65_537, 1_000_000])
    t.equal(
      [...blocksOf(amount)].reduce((sum, block) => sum + block.length, 0),
      amount,
    )
})

import t from 'tap'
import { encodeNameConstraints } from '../src/name-constraints.ts'

t.test('permitted names are DNS names in permitted subtrees', async t => {
  // Grouped by element: NameConstraints, permittedSubtrees, GeneralSubtree, dNSName "ab".
  t.equal(encodeNameConstraints(['ab']).toString('hex'), ['3008', 'a006', '3004', '82026162'].join(''))
})

t.test('what needs a longer length is refused', async t => {
  t.throws(() => encodeNameConstraints(['x'.repeat(128)]), RangeError)
})

import t from 'tap'
import { FUZZ_SEED, fuzz } from '../fuzz.ts'
import { SOCKS_TARGETS } from './fuzz-targets.ts'

/** Inputs for each decoder in the test command; `npm run fuzz` runs more. */
const INPUTS = 20_000

for (const target of SOCKS_TARGETS) {
  t.test(`${target.name}: hostile bytes never break a law of decoding`, async t => {
    t.comment(`seed ${FUZZ_SEED}, ${INPUTS} inputs`)
    t.doesNotThrow(() => fuzz(target, INPUTS))
  })
}

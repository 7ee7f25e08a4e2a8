import type { RoundRefusal } from './decide-round.ts'

/** What a person reads when a round moves nothing: why, and what to do. */
export const REFUSALS: Readonly<Record<RoundRefusal, { readonly why: string; readonly next: string }>> = {
  'no-consensus': {
    why: 'tor has no live consensus, so nothing bounds what sources may say',
    next: 'Wait for tor; `cordon status` shows what it waits for.',
  },
  'outside-consensus': {
    why: 'the sources agree on a time outside the consensus that tor has verified',
    next: 'Run `cordon clock sync` again, which asks others; if it stays, the sources or tor’s view are under attack.',
  },
  'below-floor': {
    why: 'the sources agree on a time before one that was established here earlier',
    next: 'If this clock was far ahead once, remove the floor files that `cordon clock` names, then sync again.',
  },
  'before-build': {
    why: 'the sources agree on a time before this program was made',
    next: 'Run `cordon clock sync` again, which asks others.',
  },
  'above-ceiling': {
    why: 'the sources agree on a time that this program is too old for',
    next: 'Update Cordon.',
  },
  'few-pools': {
    why: 'fewer than three pools of sources are configured',
    next: 'Name three pools at least in clock.pools, or none to have the defaults.',
  },
  'pool-failed': {
    why: 'too many sources of one pool did not answer as they must',
    next: 'It is tried again after a random wait; `cordon clock` shows why each source failed.',
  },
  'few-operators': {
    why: 'too few operators answered within the consensus that tor has verified',
    next: 'It is tried again after a random wait; `cordon clock` shows why each source failed.',
  },
  'no-majority': {
    why: 'no majority of the operators agrees on a time',
    next: 'It is tried again after a random wait; `cordon clock` shows what each source said.',
  },
  'pools-split': {
    why: 'the pools do not agree with each other, and any of them may lie',
    next: 'Run `cordon clock sync` again, which asks others; if it stays, `cordon clock` shows which pool stands alone.',
  },
}

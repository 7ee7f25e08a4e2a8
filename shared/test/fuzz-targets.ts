import type { FuzzTarget } from './fuzz.ts'
import { SOCKS_TARGETS } from './socks/fuzz-targets.ts'
import { TOR_CONTROL_TARGETS } from './tor-control/fuzz-targets.ts'

/** Every decoder of the workspace: what `npm run fuzz` runs for longer than the tests do. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [...SOCKS_TARGETS, ...TOR_CONTROL_TARGETS]

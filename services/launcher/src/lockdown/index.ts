/**
 * Lockdown: the rules of a machine on which nothing but tor reaches the outside.
 *
 * Belongs here: the rules as text, the relays of a consensus, what a listing of the rules means, the unit that loads
 * them. Does not belong here: loading them, and anything of other tables.
 */
export { formatWishes, parseWishes } from './kept-wishes.ts'
export { parsePlace, type Relay, readRelays } from './relays.ts'
export { type LockdownRequest, type PortalWishes, parseLockdownRequest } from './request.ts'
export {
  formatLockdown,
  formatPortalClosing,
  formatPortalOpening,
  formatRelayChange,
  LOCKDOWN_TABLE,
  type LockdownWishes,
} from './ruleset.ts'
export { formatState, type LockdownState, readLockdown } from './state.ts'
export { formatUnit, LOCKDOWN_FILES } from './unit.ts'

import { isObject, normaliseListing } from './listing.ts'
import { LOCKDOWN_TABLE } from './ruleset.ts'

/** What `cordon lockdown status` says. */
export interface LockdownState {
  readonly state: 'on' | 'off' | 'damaged'
  /** Packets refused, by the user who sent them. */
  readonly refused: readonly { readonly uid: number; readonly packets: number }[]
  /** Why it is damaged, or null. */
  readonly trouble: string | null
}

/** The chains that must be there, each with a policy of drop. */
const HOOKS = ['output', 'input', 'forward'] as const

/**
 * Judge what `nft -j list table` printed; undefined is what it prints where there is no such table.
 *
 * `expected` is the same of a table that was made anew from the rules that are kept; undefined where none are kept.
 */
export function readLockdown(listing: unknown, expected: unknown): LockdownState {
  if (listing === undefined) return { state: 'off', refused: [], trouble: null }
  const items = isObject(listing) && Array.isArray(listing['nftables']) ? listing['nftables'].filter(isObject) : []
  const chains = items.flatMap(({ chain }) => (isObject(chain) && chain['table'] === LOCKDOWN_TABLE ? [chain] : []))
  const open = HOOKS.filter(hook => !chains.some(chain => chain['hook'] === hook && chain['policy'] === 'drop'))
  const refused = items.flatMap(({ set }) =>
    isObject(set) && set['name'] === 'refused' ? readCounters(set['elem']) : [],
  )
  const trouble = explain(open, listing, expected)
  return { state: trouble === null ? 'on' : 'damaged', refused, trouble }
}

function explain(open: readonly string[], listing: unknown, expected: unknown): string | null {
  if (open.length > 0) return `nothing drops in ${open.join(', ')}`
  if (expected === undefined) return 'its rules are not kept: the next start of this machine would not lock it'
  return normaliseListing(listing) === normaliseListing(expected) ? null : 'its rules are not those that were loaded'
}

function readCounters(elements: unknown): LockdownState['refused'] {
  if (!Array.isArray(elements)) return []
  return elements.flatMap(element => {
    const elem: unknown = isObject(element) ? element['elem'] : undefined
    if (!isObject(elem) || !isObject(elem['counter'])) return []
    const uid = elem['val']
    const packets = elem['counter']['packets']
    return typeof uid === 'number' && typeof packets === 'number' ? [{ uid, packets }] : []
  })
}

/** Format the state for people. `nameOf` names a user. */
export function formatState({ state, refused, trouble }: LockdownState, nameOf: (uid: number) => string): string {
  const lines = refused
    .toSorted((one, other) => other.packets - one.packets)
    .map(({ uid, packets }) => `  ${nameOf(uid)}: ${packets} packets refused`)
  return `${[STATES[state], ...(trouble === null ? [] : [`  ${trouble}`]), ...lines].join('\n')}\n`
}

const STATES: Readonly<Record<LockdownState['state'], string>> = {
  on: 'lockdown is on: only tor reaches the outside',
  off: 'lockdown is off: programs reach the network as they like',
  damaged: 'lockdown is DAMAGED: somebody changed its table; turn it on again',
}

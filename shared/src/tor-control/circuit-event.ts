import { type Malformed, malformed, type Sensitive, sensitive } from '../errors/index.ts'
import { type Fields, parseFields, takeSensitive } from './fields.ts'
import { type CircuitId, parseCircuitId } from './identifiers.ts'
import { parsePath, type Relay } from './relay.ts'

const STATUSES = ['LAUNCHED', 'BUILT', 'GUARD_WAIT', 'EXTENDED', 'FAILED', 'CLOSED'] as const
const CHANGES = ['PURPOSE_CHANGED', 'CANNIBALIZED'] as const

/** What happened to a circuit (control-spec 4.1.1). A newer tor may know more: those are 'unrecognized'. */
export type CircuitStatus = (typeof STATUSES)[number] | 'unrecognized'

/** What changed in a circuit that goes on (control-spec 4.1.17). */
export type CircuitChange = (typeof CHANGES)[number] | 'unrecognized'

/** What tor says about a circuit in each of its lines. */
export interface CircuitDescription {
  readonly id: CircuitId
  /** First hop first; empty until the first relay answered. */
  readonly path: Sensitive<readonly Relay[]>
  readonly buildFlags: readonly string[]
  readonly purpose: string | undefined
  readonly hsState: string | undefined
  /** The onion address it is for, without `.onion`. */
  readonly rendQuery: Sensitive<string> | undefined
  /** Wall time of tor, UTC, as it writes it. */
  readonly timeCreated: string | undefined
  readonly reason: string | undefined
  readonly remoteReason: string | undefined
  /** Credentials of the first stream. On a conflux set only the leg that carried it shows them (seen on 0.4.9.11). */
  readonly socksUsername: Sensitive<string> | undefined
  readonly socksPassword: Sensitive<string> | undefined
  /**
   * The same on all legs of a conflux set; for isolation the legs are one circuit. Missing in a CLOSED event, so it must
   * be remembered from an earlier one (seen on 0.4.9.11).
   */
  readonly confluxId: string | undefined
}

/** The state of one circuit (control-spec 4.1.1). */
export interface CircuitEvent extends CircuitDescription {
  readonly type: 'circuit'
  readonly status: CircuitStatus
}

/** A change in one circuit (control-spec 4.1.17). A conflux leg becomes CONFLUX_LINKED by this event alone. */
export interface CircuitMinorEvent extends CircuitDescription {
  readonly type: 'circuit-minor'
  readonly change: CircuitChange
  readonly oldPurpose: string | undefined
  readonly oldHsState: string | undefined
}

/** Read what follows `CIRC ` in an event, or one line of `GETINFO circuit-status`. */
export function parseCircuit(text: string): CircuitEvent | Malformed {
  const described = describe(text, 'CIRC')
  if ('why' in described) return described
  const status = STATUSES.find(known => known === described.word) ?? 'unrecognized'
  return { type: 'circuit', status, ...described.description }
}

/** Read what follows `CIRC_MINOR ` in an event. */
export function parseCircuitMinor(text: string): CircuitMinorEvent | Malformed {
  const described = describe(text, 'CIRC_MINOR')
  if ('why' in described) return described
  const { keywords } = described.fields
  return {
    type: 'circuit-minor',
    change: CHANGES.find(known => known === described.word) ?? 'unrecognized',
    ...described.description,
    oldPurpose: keywords.get('OLD_PURPOSE'),
    oldHsState: keywords.get('OLD_HS_STATE'),
  }
}

interface Described {
  readonly word: string
  readonly fields: Fields
  readonly description: CircuitDescription
}

function describe(text: string, event: string): Described | Malformed {
  const fields = parseFields(text, 2)
  if (fields === undefined) return malformed(`${event} fields`)
  const { positional, keywords } = fields
  const [idText, word, pathText] = positional
  const id = parseCircuitId(idText)
  if (id === undefined) return malformed(`${event} id`)
  if (word === undefined) return malformed(`${event} status`)
  const path = pathText === undefined ? [] : parsePath(pathText)
  if (path === undefined) return malformed(`${event} path`)
  const description: CircuitDescription = {
    id,
    path: sensitive(path),
    buildFlags: keywords.get('BUILD_FLAGS')?.split(',') ?? [],
    purpose: keywords.get('PURPOSE'),
    hsState: keywords.get('HS_STATE'),
    rendQuery: takeSensitive(keywords, 'REND_QUERY'),
    timeCreated: keywords.get('TIME_CREATED'),
    reason: keywords.get('REASON'),
    remoteReason: keywords.get('REMOTE_REASON'),
    socksUsername: takeSensitive(keywords, 'SOCKS_USERNAME'),
    socksPassword: takeSensitive(keywords, 'SOCKS_PASSWORD'),
    confluxId: keywords.get('CONFLUX_ID'),
  }
  return { word, fields, description }
}

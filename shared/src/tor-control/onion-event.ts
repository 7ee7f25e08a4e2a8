import { type Malformed, malformed, type Sensitive, sensitive } from '../errors/index.ts'
import { parseFields } from './fields.ts'
import { parseRelay, type Relay } from './relay.ts'

const ACTIONS = ['REQUESTED', 'UPLOAD', 'RECEIVED', 'UPLOADED', 'IGNORE', 'FAILED', 'CREATED'] as const

/** What happened to the descriptor of an onion service (control-spec 4.1.25). */
export interface OnionDescriptorEvent {
  readonly type: 'onion-descriptor'
  readonly action: (typeof ACTIONS)[number] | 'unrecognized'
  /** Without `.onion`; undefined if tor does not know it (UNKNOWN). */
  readonly address: Sensitive<string> | undefined
  /** The directory that was asked or told, if tor names one. */
  readonly directory: Relay | undefined
  readonly reason: string | undefined
}

/** Read what follows `HS_DESC ` in an event: Action SP HSAddress SP AuthType SP HsDir … */
export function parseOnionDescriptor(text: string): OnionDescriptorEvent | Malformed {
  const fields = parseFields(text, 4)
  const [action, address, , directory] = fields?.positional ?? []
  if (fields === undefined || action === undefined || address === undefined) return malformed('HS_DESC fields')
  return {
    type: 'onion-descriptor',
    action: ACTIONS.find(known => known === action) ?? 'unrecognized',
    address: address === 'UNKNOWN' ? undefined : sensitive(address),
    directory: directory === undefined ? undefined : parseRelay(directory),
    reason: fields.keywords.get('REASON'),
  }
}

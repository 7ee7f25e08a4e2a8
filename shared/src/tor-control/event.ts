import { internal, type Malformed, malformed, type Sensitive, sensitive } from '../errors/index.ts'
import {
  type BandwidthEvent,
  type CircuitBandwidthEvent,
  parseBandwidth,
  parseCircuitBandwidth,
  parseStreamBandwidth,
  type StreamBandwidthEvent,
} from './bandwidth-event.ts'
import { type CircuitEvent, type CircuitMinorEvent, parseCircuit, parseCircuitMinor } from './circuit-event.ts'
import { type OnionDescriptorEvent, parseOnionDescriptor } from './onion-event.ts'
import { parseRelay, type Relay } from './relay.ts'
import { isAsynchronous, type Reply, type ReplyLine } from './reply.ts'
import { parseSettings, type Setting } from './setting.ts'
import { type BootstrapEvent, parseStatus, type StatusEvent } from './status-event.ts'
import { parseStream, type StreamEvent } from './stream-event.ts'

/** What tor tells by itself (control-spec 4.1), as far as Cordon listens. */
export type TorEvent =
  | StreamEvent
  | CircuitEvent
  | CircuitMinorEvent
  | BootstrapEvent
  | StatusEvent
  | BandwidthEvent
  | StreamBandwidthEvent
  | CircuitBandwidthEvent
  | OnionDescriptorEvent
  /** Options that changed while tor runs (control-spec 4.1.18). A value may be a bridge line or a path. */
  | { readonly type: 'conf-changed'; readonly settings: readonly Setting[] }
  /** control-spec 4.1.27. */
  | { readonly type: 'network-liveness'; readonly up: boolean }
  /** A signal that tor acted on (control-spec 4.1.15). */
  | { readonly type: 'signal'; readonly name: string }
  /** A change in the set of guards (control-spec 4.1.11). */
  | { readonly type: 'guard'; readonly relay: Sensitive<Relay>; readonly status: string }
  /** A log message (control-spec 4.1.5). With SafeLogging 0 it may hold anything. */
  | { readonly type: 'log'; readonly severity: LogSeverity; readonly message: Sensitive<string> }
  /** An event this room does not decode. It is no error: a newer tor knows more. */
  | { readonly type: 'unknown'; readonly name: string }

const LOG_SEVERITIES = ['DEBUG', 'INFO', 'NOTICE', 'WARN', 'ERR'] as const

/** Severities of tor's log (control-spec 4.1.5). */
export type LogSeverity = (typeof LOG_SEVERITIES)[number]

type ParseEvent = (text: string, reply: Reply) => TorEvent | Malformed

const PARSERS: ReadonlyMap<string, ParseEvent> = new Map<string, ParseEvent>([
  ['STREAM', parseStream],
  ['CIRC', parseCircuit],
  ['CIRC_MINOR', parseCircuitMinor],
  ['STATUS_CLIENT', text => parseStatus('client', text)],
  ['STATUS_GENERAL', text => parseStatus('general', text)],
  ['BW', parseBandwidth],
  ['STREAM_BW', parseStreamBandwidth],
  ['CIRC_BW', parseCircuitBandwidth],
  ['HS_DESC', parseOnionDescriptor],
  ['CONF_CHANGED', (_, { lines }) => parseConfChanged(lines)],
  ['NETWORK_LIVENESS', parseNetworkLiveness],
  ['SIGNAL', name => (/^[A-Z0-9]+$/.test(name) ? { type: 'signal', name } : malformed('SIGNAL name'))],
  ['GUARD', parseGuard],
  ...LOG_SEVERITIES.map((severity): [string, ParseEvent] => [
    severity,
    (text, reply) => readLog(severity, text, reply),
  ]),
])

const NAME = /^[A-Z0-9_]{1,64}$/

/**
 * Read an asynchronous event.
 *
 * A known event that breaks its grammar is malformed: something happened in tor and we do not know what. Keywords that
 * are not known are let go.
 */
export function parseEvent(reply: Reply): TorEvent | Malformed {
  if (!isAsynchronous(reply)) throw internal('the answer to a command was read as an event')
  const first = reply.lines[0]?.text ?? ''
  const space = first.indexOf(' ')
  const name = space < 0 ? first : first.slice(0, space)
  const parse = PARSERS.get(name)
  if (parse !== undefined) return parse(space < 0 ? '' : first.slice(space + 1), reply)
  return NAME.test(name) ? { type: 'unknown', name } : malformed('event name')
}

function parseConfChanged(lines: readonly ReplyLine[]): TorEvent | Malformed {
  // 650-CONF_CHANGED, 650-KEY[=VALUE] for each, 650 OK.
  const settings = parseSettings(lines.slice(1, -1))
  return 'why' in settings ? settings : { type: 'conf-changed', settings }
}

function parseNetworkLiveness(text: string): TorEvent | Malformed {
  if (text !== 'UP' && text !== 'DOWN') return malformed('NETWORK_LIVENESS status')
  return { type: 'network-liveness', up: text === 'UP' }
}

function parseGuard(text: string): TorEvent | Malformed {
  const [kind, name = '', status] = text.split(' ', 3)
  const relay = parseRelay(name)
  if (kind !== 'ENTRY' || relay === undefined || status === undefined) return malformed('GUARD fields')
  return { type: 'guard', relay: sensitive(relay), status }
}

/** A message of one line follows the severity; one of several lines is the data of the event. */
function readLog(severity: LogSeverity, text: string, reply: Reply): TorEvent {
  return { type: 'log', severity, message: sensitive(reply.lines[0]?.data ?? text) }
}

import type { AppCredentials } from '@cordon/shared/isolation'
import {
  type BootstrapEvent,
  type CircuitEvent,
  type OnionDescriptorEvent,
  quoteBytes,
  type Relay,
  type StatusEvent,
  type StreamEvent,
} from '@cordon/shared/tor-control'

/**
 * Format what an app is told of one of its streams (control-spec 4.1.2). `id` and `circuit` are the app's own numbers.
 *
 * Left out: the nym epoch and session group, which are tor's and count for all apps, and the gateway's credentials.
 */
export function formatStream(
  event: StreamEvent,
  names: { readonly id: string; readonly circuit: string },
  credentials: AppCredentials | undefined,
): string {
  const words = [names.id, event.status, names.circuit, event.target.reveal()]
  words.push(...pairs({ REASON: event.reason, REMOTE_REASON: event.remoteReason, SOURCE: event.source }))
  words.push(...pairs({ PURPOSE: event.purpose }), ...formatCredentials(credentials))
  return words.join(' ')
}

/** Format what an app is told of one of its circuits (control-spec 4.1.1). `id` is the app's own number. */
export function formatCircuit(event: CircuitEvent, id: string, credentials: AppCredentials | undefined): string {
  const path = event.path.reveal().map(formatRelay).join(',')
  const words = [id, event.status, ...(path === '' ? [] : [path])]
  if (event.buildFlags.length > 0) words.push(`BUILD_FLAGS=${event.buildFlags.join(',')}`)
  words.push(...pairs({ PURPOSE: event.purpose, TIME_CREATED: event.timeCreated }))
  words.push(...pairs({ REASON: event.reason, REMOTE_REASON: event.remoteReason }))
  return [...words, ...formatCredentials(credentials)].join(' ')
}

/** Format tor's progress (control-spec 4.1.10), without what names a guard or a bridge. */
export function formatBootstrap({ phase }: BootstrapEvent): string {
  const { severity, progress, tag, summary } = phase
  return `${severity} BOOTSTRAP PROGRESS=${progress} TAG=${tag} SUMMARY=${quoteBytes(summary)}`
}

/** The states of tor that say nothing of any app. */
const TOLD_STATES: ReadonlySet<string> = new Set(['CIRCUIT_ESTABLISHED', 'CIRCUIT_NOT_ESTABLISHED'])

/** Format another state of tor, or return undefined if it is none that an app is told. */
export const formatStatus = ({ source, severity, action }: StatusEvent): string | undefined =>
  source === 'client' && TOLD_STATES.has(action) ? `${severity} ${action}` : undefined

/** Format what happened to the descriptor of an onion service (control-spec 4.1.25). */
export function formatOnionDescriptor(event: OnionDescriptorEvent): string {
  const { action, address, directory, reason } = event
  const words = [action, address?.reveal() ?? 'UNKNOWN', 'UNKNOWN']
  words.push(directory === undefined ? 'UNKNOWN' : formatRelay(directory), ...pairs({ REASON: reason }))
  return words.join(' ')
}

const formatRelay = ({ fingerprint, nickname }: Relay): string =>
  nickname === undefined ? `$${fingerprint}` : `$${fingerprint}~${nickname}`

const pairs = (values: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]))

/** As the app sent them, if it was in SOCKS5: it looks for its own to know its streams again. */
function formatCredentials(credentials: AppCredentials | undefined): string[] {
  const [user, password] = credentials?.scheme === 'socks5' ? credentials.parts : []
  const quoted = (bytes: Uint8Array): string => quoteBytes(Buffer.from(bytes).toString('latin1'))
  const told: string[] = []
  if (user !== undefined) told.push(`SOCKS_USERNAME=${quoted(user)}`)
  if (password !== undefined) told.push(`SOCKS_PASSWORD=${quoted(password)}`)
  return told
}

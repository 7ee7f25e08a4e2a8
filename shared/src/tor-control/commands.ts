import { internal, type Malformed } from '../errors/index.ts'
import { type Argument, type Command, formatCommand, word } from './command.ts'
import type { CircuitId, StreamId } from './identifiers.ts'

/** An option to set. Undefined sets it back to its default. */
export type OptionPair = readonly [key: string, value: string | undefined]

const toPair = ([key, value]: OptionPair): Argument => ({ type: 'pair', key, value })

/** SETCONF (control-spec 3.1). An option that may stand several times is replaced as a whole list. */
export const setConf = (options: readonly OptionPair[]): Command | Malformed =>
  formatCommand('SETCONF', ...options.map(toPair))

/** GETCONF (control-spec 3.3). */
export const getConf = (keys: readonly string[]): Command | Malformed =>
  formatCommand('GETCONF', ...keys.map(key => toPair([key, undefined])))

/** GETINFO (control-spec 3.9). */
export const getInfo = (keys: readonly string[]): Command | Malformed => formatCommand('GETINFO', ...keys.map(word))

/** Events that can be asked for (control-spec 4.1), as far as this room decodes them. */
export type EventName =
  | 'STREAM'
  | 'CIRC'
  | 'CIRC_MINOR'
  | 'STATUS_CLIENT'
  | 'STATUS_GENERAL'
  | 'BW'
  | 'STREAM_BW'
  | 'CIRC_BW'
  | 'HS_DESC'
  | 'CONF_CHANGED'
  | 'NETWORK_LIVENESS'
  | 'SIGNAL'
  | 'GUARD'
  | 'NOTICE'
  | 'WARN'
  | 'ERR'

/** SETEVENTS (control-spec 3.4): from now on these events and no others. */
export const setEvents = (names: readonly EventName[]): Command => sure(formatCommand('SETEVENTS', ...names.map(word)))

/** Signals (control-spec 3.7). NEWNYM is global and acted on once in ten seconds: no way to renew one app. */
export type Signal =
  | 'RELOAD'
  | 'SHUTDOWN'
  | 'DUMP'
  | 'DEBUG'
  | 'HALT'
  | 'NEWNYM'
  | 'CLEARDNSCACHE'
  | 'ACTIVE'
  | 'DORMANT'

/** SIGNAL (control-spec 3.7). */
export const signal = (name: Signal): Command => sure(formatCommand('SIGNAL', word(name)))

/** CLOSECIRCUIT (control-spec 3.17): at once, with the streams on it. */
export const closeCircuit = (id: CircuitId): Command => sure(formatCommand('CLOSECIRCUIT', word(id)))

/** Reasons to close a stream, of those in tor-spec 6.3 that a client has a use for. */
const CLOSE_REASONS = { misc: 1, done: 6 } as const

/** CLOSESTREAM (control-spec 3.16). */
export const closeStream = (id: StreamId, reason: keyof typeof CLOSE_REASONS): Command =>
  sure(formatCommand('CLOSESTREAM', word(id), word(String(CLOSE_REASONS[reason]))))

/** TAKEOWNERSHIP (control-spec 3.23): tor exits when this connection closes. */
export const takeOwnership = (): Command => sure(formatCommand('TAKEOWNERSHIP'))

/** QUIT (control-spec 3.18). */
export const quit = (): Command => sure(formatCommand('QUIT'))

/** PROTOCOLINFO (control-spec 3.21), once before authentication. */
export const protocolInfo = (): Command => sure(formatCommand('PROTOCOLINFO', word('1')))

/** AUTHCHALLENGE SAFECOOKIE (control-spec 3.24). */
export const authChallenge = (clientNonce: Uint8Array): Command =>
  sure(formatCommand('AUTHCHALLENGE', word('SAFECOOKIE'), word(toHex(clientNonce))))

/** AUTHENTICATE (control-spec 3.5) with the client hash of SAFECOOKIE. */
export const authenticateHash = (clientHash: Uint8Array): Command =>
  sure(formatCommand('AUTHENTICATE', word(toHex(clientHash))))

/** AUTHENTICATE (control-spec 3.5) with a password, which a person typed. */
export const authenticatePassword = (password: string): Command | Malformed =>
  formatCommand('AUTHENTICATE', { type: 'quoted', text: password })

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase()

/** A command whose arguments are all ours: that it is refused would be our bug. */
function sure(command: Command | Malformed): Command {
  if (command.type === 'malformed') throw internal(`a command of ours has a bad ${command.why}`)
  return command
}

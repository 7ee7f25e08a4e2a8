/**
 * tor's control protocol (control-spec) as values.
 *
 * Belongs here: cutting bytes into replies, quoting, commands that are one line whatever they carry, authentication
 * without I/O, and what tor's answers and events say. Does not belong here: the connection, which command belongs to
 * which answer, time and randomness, and any judgement of what the events mean.
 */
export type { AuthenticationOptions, AuthenticationOutcome, AuthenticationStep } from './authentication.ts'
export { Authentication } from './authentication.ts'
export type { BandwidthEvent, ByteCounts, CircuitBandwidthEvent, StreamBandwidthEvent } from './bandwidth-event.ts'
export { parseBandwidth, parseCircuitBandwidth, parseStreamBandwidth } from './bandwidth-event.ts'
export type { BootstrapPhase } from './bootstrap-phase.ts'
export { parseBootstrapPhase } from './bootstrap-phase.ts'
export type {
  CircuitChange,
  CircuitDescription,
  CircuitEvent,
  CircuitMinorEvent,
  CircuitStatus,
} from './circuit-event.ts'
export { parseCircuit, parseCircuitMinor } from './circuit-event.ts'
export type { Argument, Command } from './command.ts'
export { formatCommand } from './command.ts'
export type { EventName, OptionPair, Signal } from './commands.ts'
export {
  authChallenge,
  authenticateHash,
  authenticatePassword,
  closeCircuit,
  closeStream,
  getConf,
  getInfo,
  protocolInfo,
  quit,
  setConf,
  setEvents,
  signal,
  takeOwnership,
} from './commands.ts'
export type { LogSeverity, TorEvent } from './event.ts'
export { parseEvent } from './event.ts'
export type { CircuitId, StreamId } from './identifiers.ts'
export { parseCircuitId, parseStreamId } from './identifiers.ts'
export type { EntryGuard } from './info.ts'
export {
  parseCircuitStatus,
  parseConsensusTime,
  parseCountry,
  parseEntryGuards,
  parseGetInfo,
  parseListeners,
  parseStreamStatus,
} from './info.ts'
export type { LineReading } from './line-reader.ts'
export { LineReader } from './line-reader.ts'
export type { OnionRequest, OnionService } from './onion-command.ts'
export { addOnion, delOnion, onionClientAuthAdd, onionClientAuthRemove, parseAddOnion } from './onion-command.ts'
export type { OnionDescriptorEvent } from './onion-event.ts'
export { parseOnionDescriptor } from './onion-event.ts'
export type { AuthChallenge, ProtocolInfo } from './protocol-info.ts'
export { parseAuthChallenge, parseProtocolInfo } from './protocol-info.ts'
export type { Unquoted } from './quoted-string.ts'
export { parseQuoted, quote, quoteBytes } from './quoted-string.ts'
export type { Relay } from './relay.ts'
export { parsePath, parseRelay } from './relay.ts'
export type { Reply, ReplyLine } from './reply.ts'
export { ASYNCHRONOUS, isAsynchronous, OK } from './reply.ts'
export type { Reading, ReplyLimits } from './reply-reader.ts'
export { REPLY_LIMITS, ReplyReader } from './reply-reader.ts'
export type { RouterStatus } from './router-status.ts'
export { parseRouterStatus } from './router-status.ts'
export type { SafeCookie } from './safe-cookie.ts'
export { COOKIE_BYTES, computeClientHash, NONCE_BYTES, verifyServerHash } from './safe-cookie.ts'
export type { Setting } from './setting.ts'
export { parseGetConf, parseSettings } from './setting.ts'
export type { BootstrapEvent, StatusEvent } from './status-event.ts'
export { parseStatus } from './status-event.ts'
export type { StreamEvent, StreamStatus } from './stream-event.ts'
export { parseStream } from './stream-event.ts'
export type { TorVersion } from './tor-version.ts'
export { isAtLeast, parseTorVersion } from './tor-version.ts'

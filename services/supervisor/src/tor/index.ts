/**
 * Tor: what the supervisor knows about running a tor: its torrc, what it needs, why it does not move.
 *
 * Belongs here: text for tor and judgements of what tor says. Does not belong here: the process, its sockets, files.
 */
export {
  chooseBridges,
  formatBridges,
  listTransportPrograms,
  type TransportProgram,
  transportOf,
} from './bridges.ts'
export { type Additions, explainComplaint } from './complaint.ts'
export { type Circumstances, type Explanation, explainBootstrap, QUIET_MS } from './explain-bootstrap.ts'
export { EXTERNAL_SETTINGS, type ExternalTorFacts, listShortcomings } from './external-tor.ts'
export { LOCKED_OPTIONS } from './locked-options.ts'
export { beginProgress, observe, type TorProgress } from './progress.ts'
export { acceptTorVersion, TOR_DIRECTORIES, torMissing } from './requirements.ts'
export { formatTorrc, type TorrcInput } from './torrc.ts'
export { quotePath } from './torrc-value.ts'
export { formatUpstreamProxy, type ProxyCredentials, parseProxyCredentials } from './upstream-proxy.ts'

/** Lines that stand in every torrc of Cordon's, each with what it keeps the user's additions from undoing. */
export const LOCKED_OPTIONS: readonly { readonly lines: readonly string[]; readonly why: string }[] = [
  {
    lines: ['DNSPort 0', 'TransPort 0', 'NATDPort 0', 'HTTPTunnelPort 0'],
    why: 'a listener beside the SocksPort has no credentials to isolate by',
  },
  {
    // "MetricsPort 0" would open a listener on a random port (seen on 0.4.9.11), so the list is cleared instead.
    lines: ['/MetricsPort', '/HashedControlPassword', '/ControlPortWriteToFile'],
    why: 'nobody but us speaks to the control port or reads what tor counts',
  },
  {
    lines: ['ClientOnly 1', 'ORPort 0', 'ExtORPort 0', 'DirPort 0'],
    why: 'a relay mixes the traffic of others with ours',
  },
  {
    lines: ['ClientRejectInternalAddresses 1', 'ClientDNSRejectInternalAddresses 1'],
    why: 'private addresses lead into the networks of exits; TestingTorNetwork would set both to 0',
  },
  { lines: ['AutomapHostsOnResolve 0'], why: 'one table of mapped addresses for all apps would link them' },
  { lines: ['SafeLogging 1', 'Log notice stdout'], why: 'no destination is ever written' },
  { lines: ['__LeaveStreamsUnattached 0', '__DisablePredictedCircuits 0'], why: 'nobody else attaches streams' },
  {
    lines: ['RunAsDaemon 0', '/User', '/PidFile', 'DisableNetwork 0', '__ReloadTorrcOnSIGHUP 1'],
    why: 'tor stays the child that the supervisor started',
  },
]

import type { RunOption } from './run-options.ts'

/** The options of `cordon lockdown`: the command line declares them, the launcher reads them. */
export const LOCKDOWN_OPTIONS: readonly RunOption[] = [
  {
    name: 'tor-user',
    value: 'name',
    description: 'the user that tor runs as (debian-tor); only it reaches the outside',
  },
  {
    name: 'relays-only',
    description: 'let tor reach relays alone, by its consensus; `lockdown relays` renews the list',
  },
  {
    name: 'consensus',
    value: 'file',
    description: 'the consensus that tor keeps (/var/lib/tor/cached-microdesc-consensus)',
  },
  { name: 'bridge', value: 'address:port', repeatable: true, description: 'a bridge, with --relays-only' },
  {
    name: 'allow-lan',
    description: 'let everybody reach the local network, its name servers excepted; risk: who is in it sees that',
  },
  {
    name: 'owned',
    value: 'port:uid',
    repeatable: true,
    description: 'a port of 127.0.0.1 that only this user may connect to',
  },
  { name: 'minutes', value: 'number', description: 'portal: for how long the browser may reach the network (5)' },
  { name: 'yes', description: 'portal: do not ask' },
  { name: 'user', value: 'name', description: 'portal: who uses the browser (whoever called sudo)' },
  {
    name: 'resolver',
    value: 'address',
    description: 'portal: the name server of the network (the one that the network named)',
  },
] as const

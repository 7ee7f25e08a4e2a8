import type { Profile } from './profile.ts'
import { bySettings, confined } from './profile-defaults.ts'

/** Wallets and programs that offer onion services. */
export const WALLETS: readonly Profile[] = [
  confined({
    name: 'electrum',
    title: 'Electrum',
    programs: ['electrum'],
    arguments: ['--dir', '{directory}'],
    ownDirectory: true,
    singleInstance: true,
    advice:
      'The server that is asked learns which addresses belong together; use a server of your own, or an onion one.',
  }),
  bySettings({
    name: 'bitcoin',
    title: 'Bitcoin Core',
    programs: ['bitcoin-qt', 'bitcoind'],
    arguments: ['-datadir={directory}', '-proxy=127.0.0.1:9050', '-proxyrandomize=1', '-listen=0', '-dnsseed=0'],
    ownDirectory: true,
    singleInstance: true,
    advice: 'It isolates each connection with credentials of its own when it knows the proxy, so it is given one.',
  }),
  bySettings({
    name: 'monero',
    title: 'Monero',
    programs: ['monerod'],
    arguments: [
      '--data-dir={directory}',
      '--proxy=127.0.0.1:9050',
      '--tx-proxy=tor,127.0.0.1:9050,16',
      '--p2p-use-ipv6=0',
      '--no-igd',
      '--hide-my-port',
      '--non-interactive',
    ],
    ownDirectory: true,
    singleInstance: true,
    settings: { isolate: 'host' },
    advice: 'Blocks come by Tor exits, transactions leave to onion peers alone.',
  }),
  confined({
    name: 'onionshare',
    title: 'OnionShare',
    programs: ['onionshare', 'onionshare-cli'],
    settings: { extendedErrors: true, control: 'onionshare' },
    singleInstance: true,
    advice: 'Choose "Connect using control port", 127.0.0.1, port 9051 in its settings.',
  }),
]

import type { ProductSettings } from '@cordon/shared/contracts'

const PRODUCT_DETAILS = 'https://product-details.mozilla.org/1.0'
const MOZILLA_ARCHIVE = 'https://archive.mozilla.org/pub'
/** Mozilla Software Releases, since 2023. */
const MOZILLA_KEYS = ['14F26682D0916CDD81E37B6D61B7B526D98F0353']
const TOR_DIST = 'https://dist.torproject.org/torbrowser/{version}'
const TOR_DIST_ONION = 'http://scpalcwstkydpa3y7dbpkjs2dtr7zvtvdbyj3dqwkucfrwyixcl5ptqd.onion/torbrowser/{version}'

/**
 * Programs that people run over Tor, and who signs them. Keys are named by fingerprint; the keys themselves come from
 * the distribution's keyring or from a file of the user's, never from here.
 *
 * Where the project signs nothing that is small enough to ask for, the source is its own page or feed, and unsigned.
 * Addresses are of Linux on amd64: everybody asks for the same file, whatever machine it is for.
 */
export const CATALOGUE_OF_PRODUCTS: Readonly<Record<string, ProductSettings>> = {
  'bitcoin-core': {
    kind: 'openpgp',
    newest: { address: 'https://github.com/bitcoin/bitcoin/releases.atom', template: 'v{version}' },
    address: 'https://bitcoincore.org/bin/bitcoin-core-{version}/SHA256SUMS',
    template: 'bitcoin-{version}-x86_64-linux-gnu.tar.gz',
    // Of the builders: Michael Ford, Ava Chow, Hennadii Stepanov. One of them is enough.
    keys: [
      'E777299FC265DD04793070EB944D35F9AC3DB76A',
      '152812300785C96444D3334D17565732E08E5E41',
      'D1DBF2C4B96F2DEBF4C16654410108112E7EA81F',
    ],
    silenceDays: 365,
    installed: { command: ['bitcoind', '--version'], template: 'v{version}' },
    download: {
      address: 'https://bitcoincore.org/bin/bitcoin-core-{version}/bitcoin-{version}-x86_64-linux-gnu.tar.gz',
    },
  },
  /** The release itself: Debian's next one, or its next point release with `suite: bookworm` and the like. */
  debian: {
    kind: 'apt',
    address: 'https://deb.debian.org/debian',
    onion: 'http://2s4yqjx5ul6okpp3f2gaunr2syex5jgbfpfvhxxbbjwnrsvbk5v3qbid.onion/debian',
    suite: 'stable',
    // The archive's automatic keys and the release keys of bookworm and trixie.
    keys: [
      'B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8',
      '4D64FEC119C2029067D6E791F8D2585B8783D481',
      '04B54C3CDCA79751B16BC6B5225629DF75B188BD',
      '41587F7DB8C774BCCF131416762F67A0B2C39DE4',
    ],
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    silenceDays: 180,
    installed: { file: '/etc/debian_version' },
  },
  electrum: {
    kind: 'json',
    address: 'https://electrum.org/version',
    path: '/version',
    installed: { dpkg: 'electrum' },
  },
  'firefox-esr': {
    kind: 'openpgp',
    newest: { address: `${PRODUCT_DETAILS}/firefox_versions.json`, path: '/FIREFOX_ESR' },
    address: `${MOZILLA_ARCHIVE}/firefox/releases/{version}/SHA256SUMS`,
    template: 'firefox-{version}.source.tar.xz',
    keys: MOZILLA_KEYS,
    silenceDays: 90,
    installed: { dpkg: 'firefox-esr' },
  },
  keepassxc: {
    kind: 'github',
    package: 'keepassxreboot/keepassxc',
    template: '{version}',
    installed: { dpkg: 'keepassxc' },
  },
  monero: {
    kind: 'openpgp',
    address: 'https://www.getmonero.org/downloads/hashes.txt',
    clearSigned: true,
    template: 'monero-gui-linux-x64-v{version}.tar.bz2',
    keys: ['81AC591FE9C4B65C5806AFC3F0AF4D462A0BDF92'],
    silenceDays: 365,
    installed: { dpkg: 'monero' },
    download: { address: 'https://downloads.getmonero.org/gui/monero-gui-linux-x64-v{version}.tar.bz2' },
  },
  onionshare: {
    kind: 'github',
    package: 'onionshare/onionshare',
    template: 'v{version}',
    installed: { flatpak: 'org.onionshare.OnionShare' },
  },
  'signal-desktop': {
    kind: 'apt',
    address: 'https://updates.signal.org/desktop/apt',
    suite: 'xenial',
    package: 'signal-desktop',
    keys: ['DBA36B5181D0C816F630E889D980A17457F6FB06'],
    keyring: '/usr/share/keyrings/signal-desktop-keyring.gpg',
    silenceDays: 90,
    installed: { dpkg: 'signal-desktop' },
  },
  tails: {
    kind: 'json',
    address: 'https://tails.net/install/v2/Tails/amd64/stable/latest.json',
    path: '/installations/0/version',
    installed: { file: '/etc/amnesia/version' },
  },
  thunderbird: {
    kind: 'openpgp',
    newest: { address: `${PRODUCT_DETAILS}/thunderbird_versions.json`, path: '/THUNDERBIRD_ESR' },
    address: `${MOZILLA_ARCHIVE}/thunderbird/releases/{version}/SHA256SUMS`,
    template: 'thunderbird-{version}.source.tar.xz',
    keys: MOZILLA_KEYS,
    silenceDays: 90,
    installed: { dpkg: 'thunderbird' },
  },
  tor: {
    kind: 'apt',
    address: 'https://deb.torproject.org/torproject.org',
    onion: 'http://apow7mjfryruh65chtdydfmqfpj5btws7nbocgtaovhvezgccyjazpqd.onion/torproject.org',
    suite: 'bookworm',
    package: 'tor',
    keys: ['A3C4F0F979CAA22CDBA8F512EE8CBC9E886DDD89'],
    keyring: '/usr/share/keyrings/deb.torproject.org-keyring.gpg',
    silenceDays: 90,
    installed: { dpkg: 'tor' },
  },
  'tor-browser': {
    kind: 'openpgp',
    newest: {
      address: 'https://aus1.torproject.org/torbrowser/update_3/release/downloads.json',
      path: '/version',
    },
    address: `${TOR_DIST}/sha256sums-signed-build.txt`,
    onion: `${TOR_DIST_ONION}/sha256sums-signed-build.txt`,
    template: 'tor-browser-linux-x86_64-{version}.tar.xz',
    keys: ['EF6E286DDA85EA2A4BA7DE684E2C6E8793298290'],
    silenceDays: 90,
    installed: { file: '~/.local/share/torbrowser/tbb/x86_64/tor-browser/Browser/tbb_version.json' },
    download: { address: `${TOR_DIST}/tor-browser-linux-x86_64-{version}.tar.xz` },
  },
}

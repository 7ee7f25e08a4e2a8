import type { Profile } from './profile.ts'
import { confined } from './profile-defaults.ts'

/**
 * What Firefox and Thunderbird are told: names are looked up here and not by HTTPS, no HTTP/3 (UDP is refused, trying
 * takes time), WebRTC offers no address but the one of the namespace, and nothing is asked of the network unasked.
 */
const MOZILLA_PREFERENCES: Readonly<Record<string, boolean | number | string>> = {
  'network.trr.mode': 5,
  'network.http.http3.enable': false,
  'media.peerconnection.ice.default_address_only': true,
  'media.peerconnection.ice.no_host': true,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.prefetch-next': false,
  'network.dns.disablePrefetch': true,
  'network.predictor.enabled': false,
  'network.proxy.type': 0,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'app.shield.optoutstudies.enabled': false,
}

const USER_JS = {
  name: 'user.js',
  content: Object.entries(MOZILLA_PREFERENCES)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join(''),
} as const

/** Chromium asks nobody unasked, keeps WebRTC off UDP, looks names up here, and has no QUIC. */
const CHROMIUM_ARGUMENTS = [
  '--user-data-dir={directory}',
  '--disable-quic',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--force-webrtc-ip-handling-policy',
  '--disable-features=DnsOverHttps,AsyncDns,MediaRouter',
  '--no-pings',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
] as const

const WINDOWED = { ownDirectory: true, singleInstance: true } as const

export const BROWSERS: readonly Profile[] = [
  confined({
    ...WINDOWED,
    name: 'firefox',
    title: 'Firefox',
    programs: ['firefox', 'firefox-esr'],
    arguments: ['--no-remote', '--profile', '{directory}'],
    env: { MOZ_NO_REMOTE: '1' },
    files: [USER_JS],
    advice: 'It stays recognisable as Firefox on this machine; for the web without a fingerprint use Tor Browser.',
  }),
  confined({
    ...WINDOWED,
    name: 'chromium',
    title: 'Chromium',
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    arguments: CHROMIUM_ARGUMENTS,
    advice: 'It stays recognisable as Chromium on this machine; for the web without a fingerprint use Tor Browser.',
  }),
  confined({
    name: 'tor-browser',
    title: 'Tor Browser',
    programs: ['start-tor-browser', 'torbrowser-launcher', 'tor-browser'],
    // Its own tor would be a second one behind the first; these are the names that it documents for a tor outside.
    env: {
      TOR_SKIP_LAUNCH: '1',
      TOR_SKIP_CONTROLPORTTEST: '1',
      TOR_SOCKS_HOST: '127.0.0.1',
      TOR_SOCKS_PORT: '9150',
      TOR_CONTROL_HOST: '127.0.0.1',
      TOR_CONTROL_PORT: '9151',
    },
    settings: { extendedErrors: true, control: 'tor-browser' },
    singleInstance: true,
    advice: 'It isolates sites by itself with credentials of its own, which count here too.',
  }),
  confined({
    ...WINDOWED,
    name: 'thunderbird',
    title: 'Thunderbird',
    programs: ['thunderbird'],
    arguments: ['--no-remote', '--profile', '{directory}'],
    env: { MOZ_NO_REMOTE: '1' },
    files: [USER_JS],
    advice: 'Settings of mail servers are not found by SRV records; type their names in.',
  }),
]

import { type Static, Type } from '../schema/index.ts'
import { APP_SETTINGS } from './app-settings.ts'
import { CLOCK_SETTINGS } from './clock-settings.ts'
import { USER_APP_ID_PATTERN } from './own-apps.ts'
import { UPDATES_SETTINGS } from './product-settings.ts'
import { REDIS_SETTINGS } from './redis.ts'
import { SERVICES_SETTING } from './services.ts'

const closed = { additionalProperties: false } as const

const ABSOLUTE_PATH = Type.String({
  pattern: '^/[^\\u0000-\\u001f]*$',
  maxLength: 4096,
  description: 'an absolute path',
})

const UNIX_ADDRESS = Type.String({
  pattern: '^unix:/[^\\u0000-\\u001f"\\\\]*$',
  maxLength: 113,
  description: 'unix:/PATH, an AF_UNIX socket (at most 107 bytes of path)',
})

const TORRC_WORDS = Type.String({
  pattern: '^[^\\u0000-\\u001f"\\\\#]+$',
  maxLength: 2048,
  description: 'one line without quotes, backslashes, # and control characters',
})

const seconds = (maximum: number) =>
  Type.Integer({ minimum: 1, maximum, description: `a whole number of seconds from 1 to ${maximum}` })

const count = (maximum: number) =>
  Type.Integer({ minimum: 1, maximum, description: `a whole number from 1 to ${maximum}` })

/** A tor that somebody else runs. It is used and never owned. */
const EXTERNAL_TOR = Type.Object(
  {
    control: UNIX_ADDRESS,
    socks: UNIX_ADDRESS,
    socksShort: Type.Optional(UNIX_ADDRESS),
    socksIpv6: Type.Optional(UNIX_ADDRESS),
    passwordFile: Type.Optional(ABSOLUTE_PATH),
  },
  { ...closed, description: 'a map with control and socks, and if wanted socksShort, socksIpv6 and passwordFile' },
)

const BRIDGES = Type.Object(
  {
    lines: Type.Array(TORRC_WORDS, { minItems: 1, maxItems: 100, description: 'a list of bridge lines' }),
    obfs4proxy: Type.Optional(ABSOLUTE_PATH),
    snowflakeClient: Type.Optional(ABSOLUTE_PATH),
  },
  { ...closed, description: 'a map with lines, and if wanted obfs4proxy and snowflakeClient' },
)

const TOR = Type.Object(
  {
    program: Type.Optional(ABSOLUTE_PATH),
    additions: Type.Optional(ABSOLUTE_PATH),
    external: Type.Optional(EXTERNAL_TOR),
    bridges: Type.Optional(BRIDGES),
    upstreamProxy: Type.Optional(
      Type.String({
        pattern: '^(socks4|socks5|https?)://[A-Za-z0-9.:\\[\\]-]+:[0-9]{1,5}$',
        maxLength: 255,
        description: 'socks5://HOST:PORT, socks4://HOST:PORT or http://HOST:PORT',
      }),
    ),
    upstreamProxyCredentialsFile: Type.Optional(ABSOLUTE_PATH),
  },
  { ...closed, description: 'a map of tor settings' },
)

const LIMITS = Type.Object(
  {
    handshakeSeconds: Type.Optional(seconds(300)),
    connectSeconds: Type.Optional(seconds(600)),
    idleSeconds: Type.Optional(seconds(604_800)),
    handshakesPerApp: Type.Optional(count(100_000)),
    streamsPerApp: Type.Optional(count(1_000_000)),
  },
  { ...closed, description: 'a map of limits' },
)

/** Clear HTTP stays on this machine or ends at an onion service, whose address is its key. */
const COLLECTOR =
  '^(unix:/\\S+' +
  '|http://(localhost|127(\\.[0-9]{1,3}){3}|\\[::1\\]|[a-z2-7]{56}\\.onion)(:[0-9]{1,5})?(/\\S*)?' +
  '|https://[^\\s/@]+(/\\S*)?)$'

const TELEMETRY = Type.Object(
  {
    collector: Type.Optional(
      Type.String({
        pattern: COLLECTOR,
        maxLength: 255,
        description: 'unix:/PATH or http://127.0.0.1:PORT on this machine; https://HOST or http://….onion through Tor',
      }),
    ),
    /** Believed besides the well-known authorities. */
    collectorAuthorityFile: Type.Optional(ABSOLUTE_PATH),
    debug: Type.Optional(Type.Boolean({ description: 'true or false' })),
  },
  { ...closed, description: 'a map with collector, collectorAuthorityFile and debug' },
)

const AUDIT_SETTINGS = Type.Object(
  { whileUnknown: Type.Optional(Type.Enum(['serve', 'refuse'], { description: 'one of serve, refuse' })) },
  { ...closed, description: 'a map with whileUnknown' },
)

const ADMIN_SETTINGS = Type.Object(
  {
    port: Type.Optional(
      Type.Integer({ minimum: 1024, maximum: 65_535, description: 'a whole number from 1024 to 65535' }),
    ),
  },
  { ...closed, description: 'a map with port' },
)

/** Whose resolver the whole desktop is meant to use: `cordon doctor` then looks for what bypasses it. */
const DESKTOP_DNS = Type.Object(
  { desktop: Type.String({ pattern: USER_APP_ID_PATTERN, description: 'the name of an app' }) },
  { ...closed, description: 'a map with desktop' },
)

/** The whole of cordon.yaml. */
export const CONFIGURATION = Type.Object(
  {
    apps: Type.Optional(
      Type.Record(Type.String({ pattern: USER_APP_ID_PATTERN }), APP_SETTINGS, {
        ...closed,
        description:
          'a map from app names (a-z, 0-9 and hyphens, 32 at most; cordon-… are Cordon’s own) to their settings',
      }),
    ),
    /** Left out, all run. A change is followed at the next start. */
    services: Type.Optional(SERVICES_SETTING),
    /** Left out, nothing is expected of the names of programs that are not led to an app. */
    dns: Type.Optional(DESKTOP_DNS),
    tor: Type.Optional(TOR),
    limits: Type.Optional(LIMITS),
    audit: Type.Optional(AUDIT_SETTINGS),
    /** With a port, the admin API listens on loopback too, for who has the token. */
    admin: Type.Optional(ADMIN_SETTINGS),
    /** Left out, the supervisor starts one of its own. */
    redis: Type.Optional(REDIS_SETTINGS),
    /** Left out, nothing is checked but what was added by `cordon updates add`. */
    updates: Type.Optional(UPDATES_SETTINGS),
    /** Left out, nothing leaves the part but what is asked for on its API. */
    telemetry: Type.Optional(TELEMETRY),
    clock: Type.Optional(CLOCK_SETTINGS),
  },
  { ...closed, description: 'a map of settings' },
)

export type Configuration = Static<typeof CONFIGURATION>
export type TorSettings = Static<typeof TOR>
export type ExternalTor = Static<typeof EXTERNAL_TOR>
export type AuditSettings = Required<Static<typeof AUDIT_SETTINGS>>
export type Limits = Required<Static<typeof LIMITS>>

/**
 * Fill in the limits of the gateway.
 *
 * 10 s for a handshake and 30 s to connect are the design's; six hours idle lets IMAP IDLE (29 min, RFC 2177) and
 * chats with rare keep-alives live; 512 open handshakes and 8,192 streams an app are arbitrary and above what a
 * desktop program opens.
 */
export function completeLimits(limits: Configuration['limits']): Limits {
  return {
    handshakeSeconds: limits?.handshakeSeconds ?? 10,
    connectSeconds: limits?.connectSeconds ?? 30,
    idleSeconds: limits?.idleSeconds ?? 21_600,
    handshakesPerApp: limits?.handshakesPerApp ?? 512,
    streamsPerApp: limits?.streamsPerApp ?? 8192,
  }
}

/**
 * Fill in the settings of the audit.
 *
 * Streams pass while the audit cannot be certain: it watches what tor's credentials already keep apart, and refusing
 * would make each break of the control connection an outage. A tor that says that it keeps nobody apart gets nothing,
 * whatever is set.
 */
export const completeAudit = (audit: Configuration['audit']): AuditSettings => ({
  whileUnknown: audit?.whileUnknown ?? 'serve',
})

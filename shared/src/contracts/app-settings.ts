import { type Static, Type } from '../schema/index.ts'
import { CONTROL_PROFILE_NAMES } from './control-profiles.ts'

/** A host pattern: a name, `*.name` for a name and all below it, an address, or an address range (CIDR). */
const HOST_PATTERN = Type.String({
  pattern: '^(\\*\\.)?[A-Za-z0-9._:-]+(/[0-9]{1,3})?$',
  maxLength: 255,
  description: 'a name, *.name, an address or a range such as 203.0.113.0/24',
})

const PORT_RANGE = Type.Union(
  [Type.Integer({ minimum: 1, maximum: 65535 }), Type.String({ pattern: '^[0-9]{1,5}-[0-9]{1,5}$' })],
  { description: 'a port from 1 to 65535, or a range such as 6660-6669' },
)

const RESOLVER = 'tls://HOST[:PORT][#NAME] or https://HOST/PATH'

/** How the names of one app are answered. */
const DNS = Type.Object(
  {
    port: Type.Optional(
      Type.Integer({ minimum: 1024, maximum: 65535, description: 'a whole number from 1024 to 65535' }),
    ),
    virtual: Type.Optional(Type.Boolean({ description: 'true or false' })),
    resolver: Type.Optional(Type.String({ pattern: '^(tls|https)://', maxLength: 512, description: RESOLVER })),
  },
  { additionalProperties: false, description: 'a map with, if wanted, port, virtual and resolver' },
)

/** What a person may say about one app, in cordon.yaml or by `cordon apps add`. Everything has a default. */
export const APP_SETTINGS = Type.Object(
  {
    port: Type.Optional(
      Type.Integer({ minimum: 1024, maximum: 65535, description: 'a whole number from 1024 to 65535' }),
    ),
    isolate: Type.Optional(Type.Enum(['app', 'host', 'stream'], { description: 'one of app, host, stream' })),
    circuits: Type.Optional(Type.Enum(['long', 'short'], { description: 'one of long, short' })),
    allow: Type.Optional(Type.Array(HOST_PATTERN, { maxItems: 1000, description: 'a list of host patterns' })),
    deny: Type.Optional(Type.Array(HOST_PATTERN, { maxItems: 1000, description: 'a list of host patterns' })),
    ports: Type.Optional(Type.Array(PORT_RANGE, { maxItems: 100, description: 'a list of ports and port ranges' })),
    onionOnly: Type.Optional(Type.Boolean({ description: 'true or false' })),
    ipv6: Type.Optional(Type.Enum(['allow', 'refuse'], { description: 'one of allow, refuse' })),
    extendedErrors: Type.Optional(Type.Boolean({ description: 'true or false' })),
    remoteNamesOnly: Type.Optional(Type.Boolean({ description: 'true or false' })),
    control: Type.Optional(
      Type.Enum(CONTROL_PROFILE_NAMES, { description: `one of ${CONTROL_PROFILE_NAMES.join(', ')}` }),
    ),
    controlPort: Type.Optional(
      Type.Integer({ minimum: 1024, maximum: 65535, description: 'a whole number from 1024 to 65535' }),
    ),
    hold: Type.Optional(Type.Enum(['none', 'clock'], { description: 'one of none, clock' })),
    dns: Type.Optional(DNS),
  },
  { additionalProperties: false, description: 'a map of app settings' },
)

export type AppSettings = Static<typeof APP_SETTINGS>

/** The settings of an app with every default filled in; `port` and `dns.port` are the gateway's to choose. */
export type CompleteAppSettings = Required<
  Omit<AppSettings, 'port' | 'allow' | 'ports' | 'control' | 'controlPort' | 'dns'>
> & {
  readonly dns: {
    /** Whether names asked on the loopback port get virtual addresses. */
    readonly virtual: boolean
    /** Undefined leaves types that tor does not look up unanswered. */
    readonly resolver: string | undefined
  }
  /** Undefined allows every host. */
  readonly allow: AppSettings['allow']
  /** Undefined allows every port. */
  readonly ports: AppSettings['ports']
  /** Undefined gives the app no share of tor's control port. */
  readonly control: AppSettings['control']
  /** Undefined leaves it at the AF_UNIX socket. */
  readonly controlPort: AppSettings['controlPort']
}

/** Fill in the defaults: one identity for the whole app, circuits kept while in use, everything tor can reach. */
export function completeAppSettings(settings: AppSettings): CompleteAppSettings {
  return {
    isolate: settings.isolate ?? 'app',
    circuits: settings.circuits ?? 'long',
    allow: settings.allow,
    deny: settings.deny ?? [],
    ports: settings.ports,
    onionOnly: settings.onionOnly ?? false,
    ipv6: settings.ipv6 ?? 'allow',
    extendedErrors: settings.extendedErrors ?? false,
    remoteNamesOnly: settings.remoteNamesOnly ?? false,
    control: settings.control,
    controlPort: settings.controlPort,
    hold: settings.hold ?? 'none',
    dns: { virtual: settings.dns?.virtual ?? false, resolver: settings.dns?.resolver },
  }
}

import { APP_SETTINGS, type AppSettings, USER_APP_ID_PATTERN } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { fits, type Static, Type } from '@cordon/shared/schema'

const PORT = Type.Integer({ minimum: 1024, maximum: 65535 })

const PORTS = Type.Record(Type.String({ pattern: USER_APP_ID_PATTERN }), PORT, { additionalProperties: false })

/** The gateway's memory of apps: those added by command, and the ports of every app it ever listened for. */
const REGISTRY = Type.Object(
  {
    version: Type.Literal(1),
    ports: PORTS,
    /** Where the names of every app are asked. A registry from before that has none. */
    dnsPorts: Type.Optional(PORTS),
    added: Type.Record(Type.String({ pattern: USER_APP_ID_PATTERN }), APP_SETTINGS, { additionalProperties: false }),
  },
  { additionalProperties: false },
)

export type Registry = Static<typeof REGISTRY>

/** The registry of a new installation. */
export const EMPTY_REGISTRY: Registry = { version: 1, ports: {}, dnsPorts: {}, added: {} }

/** Nothing that the gateway writes comes near. Arbitrary. */
export const REGISTRY_MAX_BYTES = 4_194_304

/** Parse the registry file, or throw a Fault `GW_REGISTRY_INVALID`: ports are promises, so none is guessed anew. */
export function parseRegistry(text: string, file: string): Registry {
  const value = parseJson(text)
  if (fits(REGISTRY, value)) return value
  throw new Fault('GW_REGISTRY_INVALID', `${file} is not a registry of apps`, {
    where: 'host',
    retry: 'never',
    next: `Restore ${file} from a backup, or remove it: apps added by command are then gone and ports chosen anew.`,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON is not a registry; the caller says so
  }
}

/** Format the registry as the text of its file. */
export const formatRegistry = (registry: Registry): string => `${JSON.stringify(registry, null, 2)}\n`

/** Return the registry with one app more, or with other settings for it. */
export const addToRegistry = (registry: Registry, app: AppId, settings: AppSettings): Registry => ({
  ...registry,
  added: { ...registry.added, [app]: settings },
})

/** Return the registry without the app and without its ports, which are then free for others. */
export function removeFromRegistry(registry: Registry, app: AppId): Registry {
  const { [app]: _settings, ...added } = registry.added
  const { [app]: _port, ...ports } = registry.ports
  const { [app]: _dnsPort, ...dnsPorts } = registry.dnsPorts ?? {}
  return { ...registry, added, ports, dnsPorts }
}

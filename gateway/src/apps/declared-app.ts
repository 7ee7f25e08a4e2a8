import { type AppSettings, type CompleteAppSettings, completeAppSettings, OWN_APPS } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import type { Registry } from './registry.ts'

/** One app as it should be: declared in the configuration, added by command or Cordon's own, with the ports it keeps. */
export interface DeclaredApp {
  readonly id: AppId
  readonly settings: CompleteAppSettings
  /** Null where there is none: Cordon's own apps are reached on their AF_UNIX sockets alone. */
  readonly port: number | null
  /** Where the app's names are asked; null for Cordon's own. */
  readonly dnsPort: number | null
  readonly declaredIn: 'configuration' | 'registry' | 'cordon'
}

/** Every app that should be, Cordon's own last, and the registry that remembers their ports. */
export interface Declarations {
  readonly apps: readonly DeclaredApp[]
  readonly registry: Registry
}

/**
 * Merge the configuration's apps with the registry's. Where both name an app, the configuration decides.
 *
 * `choosePort` gives a free port that is not in the set it is handed; it is asked only for an app that lacks one.
 * Throws a Fault `GW_PORT_TAKEN` when two apps want one port.
 */
export function declareApps(
  configured: Readonly<Record<string, AppSettings>>,
  registry: Registry,
  choosePort: (taken: ReadonlySet<number>) => number,
): Declarations {
  const all = { ...registry.added, ...configured }
  // Apps that are not declared now keep their port too: they may come back.
  const { ports: knownPorts, dnsPorts: knownDnsPorts = {} } = registry
  const taken = new Set([...Object.values(knownPorts), ...Object.values(knownDnsPorts)])
  for (const { port, dns } of Object.values(all)) for (const one of [port, dns?.port]) if (one) taken.add(one)
  const [ports, dnsPorts] = [{ ...knownPorts }, { ...knownDnsPorts }]
  const owners = new Map<number, string>()
  const own = (id: string, port: number): number => {
    const owner = owners.get(port)
    if (owner !== undefined) throw portTaken(port, owner, id)
    owners.set(port, id)
    taken.add(port)
    return port
  }
  const apps = Object.entries(all).map(([id, settings]): DeclaredApp => {
    const port = own(id, settings.port ?? ports[id] ?? choosePort(taken))
    const dnsPort = own(id, settings.dns?.port ?? dnsPorts[id] ?? choosePort(taken))
    ports[id] = port
    dnsPorts[id] = dnsPort
    return {
      id: id as AppId, // both records admit nothing but app ids as keys
      settings: completeAppSettings(settings),
      port,
      dnsPort,
      declaredIn: Object.hasOwn(configured, id) ? 'configuration' : 'registry',
    }
  })
  return { apps: [...apps, ...OWN], registry: { ...registry, ports, dnsPorts } }
}

const OWN: readonly DeclaredApp[] = Object.values(OWN_APPS).map(id => ({
  id,
  settings: completeAppSettings({}),
  port: null,
  dnsPort: null,
  declaredIn: 'cordon',
}))

const portTaken = (port: number, owner: string, other: string): Fault =>
  new Fault(
    'GW_PORT_TAKEN',
    owner === other
      ? `port ${port} is wanted twice by the app ${owner}`
      : `port ${port} is wanted by the apps ${owner} and ${other}`,
    {
      where: 'host',
      retry: 'never',
      next: 'Give one of them another port.',
    },
  )

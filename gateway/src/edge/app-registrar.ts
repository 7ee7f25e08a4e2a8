import {
  type AppSettings,
  type Configuration,
  findBrokenLaws,
  isOwnAppName,
  type Service,
} from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { type AppId, parseAppId } from '@cordon/shared/isolation'
import { SerialQueue } from '@cordon/shared/runtime'
import { addToRegistry, declareApps, type Registry, removeFromRegistry } from '../apps/index.ts'
import type { AppTable } from './app-table.ts'
import { findFreePorts } from './free-ports.ts'
import type { LiveApp } from './live-app.ts'
import type { RegistryFile } from './registry-file.ts'

/** Keeps the table of live apps as the configuration and the registry say, and the registry on disk. */
export class AppRegistrar {
  readonly #table: AppTable
  readonly #file: RegistryFile
  readonly #services: readonly Service[]
  readonly #changes = new SerialQueue()
  #configured: NonNullable<Configuration['apps']> = {}
  #registry: Registry

  private constructor(table: AppTable, file: RegistryFile, services: readonly Service[], registry: Registry) {
    this.#table = table
    this.#file = file
    this.#services = services
    this.#registry = registry
  }

  /** Open the registry; `services` are those that run, for which an app may wait. */
  static async open(table: AppTable, file: RegistryFile, services: readonly Service[]): Promise<AppRegistrar> {
    return new AppRegistrar(table, file, services, await file.read())
  }

  /** Follow a new configuration. A Fault leaves everything as it was. */
  async configure(apps: Configuration['apps']): Promise<void> {
    await this.#changes.run(() => this.#become(apps ?? {}, this.#registry))
  }

  /** Add an app by command, or throw: a name or port in use is refused and nothing is kept. */
  async add(name: string, settings: AppSettings): Promise<LiveApp> {
    const id = requireAppId(name)
    if (isOwnAppName(id)) throw reserved(`names like ${id} are kept for Cordon itself`)
    const [broken] = findBrokenLaws({ services: [...this.#services], apps: { [id]: settings } })
    if (broken !== undefined) {
      throw refusal('GW_REQUEST_INVALID', `${broken.path.join('.')} is not allowed`, `Allowed: ${broken.allowed}.`)
    }
    return await this.#changes.run(async () => {
      if (this.#table.get(id) !== undefined) {
        throw refusal('GW_APP_EXISTS', `the app ${id} exists already`, 'Choose another name, or remove it first.')
      }
      await this.#become(this.#configured, addToRegistry(this.#registry, id, settings))
      const trouble = this.#table.troubleOf(id)
      if (trouble === undefined) return this.#table.find(id)
      await this.#become(this.#configured, removeFromRegistry(this.#registry, id))
      throw refusal('GW_PORT_TAKEN', trouble, 'Stop the program that uses it, or choose another port.')
    })
  }

  /** Remove an app that was added by command, its port and its streams. */
  async remove(name: string): Promise<void> {
    await this.#changes.run(async () => {
      const { id, declaredIn } = this.#table.find(name).declared
      if (declaredIn === 'cordon') throw reserved(`the app ${id} is Cordon's own and cannot be removed`)
      if (declaredIn === 'configuration') {
        const why = `the app ${id} is declared in the configuration file`
        throw refusal('GW_APP_CONFIGURED', why, 'Remove it there; the change is seen at once.')
      }
      await this.#become(this.#configured, removeFromRegistry(this.#registry, id))
    })
  }

  async #become(configured: NonNullable<Configuration['apps']>, registry: Registry): Promise<void> {
    const { ports, dnsPorts = {} } = registry
    const wanted = Object.entries({ ...registry.added, ...configured }).flatMap(([id, { port, dns }]) => [
      port ?? ports[id],
      dns?.port ?? dnsPorts[id],
    ])
    const lacking = wanted.filter(port => port === undefined).length
    const known = new Set([...Object.values(ports), ...Object.values(dnsPorts)])
    const free = await findFreePorts(lacking, known)
    const declared = declareApps(configured, registry, taken => choose(free, taken))
    // On disk first: a port that was told to somebody survives a kill.
    if (JSON.stringify(declared.registry) !== JSON.stringify(this.#registry)) await this.#file.write(declared.registry)
    this.#registry = declared.registry
    this.#configured = configured
    await this.#table.apply(declared.apps)
  }
}

function choose(free: number[], taken: ReadonlySet<number>): number {
  for (;;) {
    const port = free.pop()
    if (port === undefined) {
      throw refusal('GW_PORT_TAKEN', 'no free port is left for another app', 'Name a port with --port.')
    }
    if (!taken.has(port)) return port
  }
}

function requireAppId(name: string): AppId {
  const id = parseAppId(name)
  if (id !== undefined) return id
  const why = 'the name of an app is a letter or digit, then up to 31 letters, digits or hyphens, in lower case'
  throw refusal('GW_REQUEST_INVALID', why, 'Choose such a name.')
}

const reserved = (why: string): Fault => refusal('GW_APP_RESERVED', why, 'Name an app of yours: see `cordon apps`.')

const refusal = (code: ConstructorParameters<typeof Fault>[0], message: string, next: string): Fault =>
  new Fault(code, message, { where: 'local', retry: 'never', next })

import { unwatchFile, watchFile } from 'node:fs'
import { hostname } from 'node:os'
import { readFileBounded } from '@cordon/shared/runtime/edge'
import { type NamePolicy, readSearchSuffixes } from '../policy/index.ts'

/** resolv.conf(5) has at most a few suffixes; what is larger is something else. Arbitrary. */
const RESOLV_CONF_MAX_BYTES = 65_536
/** DHCP rewrites it; nobody waits for that. Arbitrary. */
const LOOK_INTERVAL_MS = 2000

type Machine = Pick<NamePolicy, 'machineNames' | 'searchSuffixes'>

/** What this machine calls itself and its network, followed while it changes. Its servers are never read. */
export class MachineNames {
  readonly #path: string
  readonly #look = (): void => void this.#read()
  #now: Machine = { machineNames: new Set([hostname().toLowerCase()]), searchSuffixes: new Set() }

  private constructor(path: string) {
    this.#path = path
  }

  static async open(path = '/etc/resolv.conf'): Promise<MachineNames> {
    const names = new MachineNames(path)
    await names.#read()
    watchFile(path, { interval: LOOK_INTERVAL_MS, persistent: false }, names.#look)
    return names
  }

  get now(): Machine {
    return this.#now
  }

  close(): void {
    unwatchFile(this.#path, this.#look)
  }

  async #read(): Promise<void> {
    // A file that cannot be read leaves what was known: a suffix that leaves is worse than one too many.
    const bytes = await readFileBounded(this.#path, RESOLV_CONF_MAX_BYTES).catch(() => undefined)
    if (bytes === undefined) return
    const searchSuffixes = readSearchSuffixes(bytes.toString('latin1'))
    this.#now = { machineNames: new Set([hostname().toLowerCase()]), searchSuffixes }
  }
}

import { getInfo, parseCountry, parseGetInfo, parseRouterStatus } from '@cordon/shared/tor-control'
import type { TorLink } from './tor-link.ts'

/** Shown where tor does not know the country. */
const UNKNOWN = '??'

/** Far above the hops of a desktop's circuits; then it is forgotten and asked anew. Arbitrary. */
const MAX_REMEMBERED = 10_000

/** The countries of relays, as tor's own database has them: nobody outside is asked. */
export class RelayCountries {
  readonly #link: TorLink
  readonly #known = new Map<string, string>()

  constructor(link: TorLink) {
    this.#link = link
  }

  /** Find the country of a relay: two letters, or `??`. */
  async find(fingerprint: string): Promise<string> {
    const known = this.#known.get(fingerprint)
    if (known !== undefined) return known
    const found = await this.#ask(fingerprint)
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear()
    this.#known.set(fingerprint, found)
    return found
  }

  async #ask(fingerprint: string): Promise<string> {
    const status = await this.#value(`ns/id/${fingerprint}`)
    const router = status === undefined ? undefined : parseRouterStatus(status)
    if (router === undefined || 'why' in router) return UNKNOWN
    const country = await this.#value(`ip-to-country/${router.address}`)
    return (country === undefined ? undefined : parseCountry(country)) ?? UNKNOWN
  }

  /** A relay that tor no longer knows, or no database: both are answered with an error, and mean "unknown". */
  async #value(key: string): Promise<string | undefined> {
    const info = parseGetInfo(await this.#link.tell(getInfo([key])))
    return info instanceof Map ? info.get(key) : undefined
  }
}

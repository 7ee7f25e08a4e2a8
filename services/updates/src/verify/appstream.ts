import { SaxesParser } from 'saxes'
import { refuse } from './fault.ts'

/** A release of one component. */
export interface AppRelease {
  readonly version: string
  /** `stable` where nothing is said (AppStream, "releases"). */
  readonly type: string
  readonly publishedAtMs: number | null
}

const RELEASES_MAX = 1000
const DEPTH_MAX = 32
const ID_MAX = 255

/** Finds the releases of one component in a catalogue that passes by, in memory that does not grow with it. */
export class ReleaseScanner {
  readonly #parser = new SaxesParser()
  readonly #wanted: string
  readonly #path: string[] = []
  readonly #found: AppRelease[] = []
  #ids: string[] = []
  #releases: AppRelease[] = []
  #text = ''

  constructor(wanted: string) {
    // Identifiers of older components end in .desktop (AppStream, "id").
    this.#wanted = wanted.replace(/\.desktop$/, '')
    const parser = this.#parser
    parser.on('error', cause => fail('it is no XML', cause))
    parser.on('doctype', () => fail('it defines a document type'))
    parser.on('opentag', ({ name, attributes }) => {
      this.#path.push(name)
      this.#text = ''
      if (this.#path.length > DEPTH_MAX) fail('it is too deep')
      if (name === 'component') [this.#ids, this.#releases] = [[], []]
      if (name === 'release' && this.#releases.length < RELEASES_MAX) this.#releases.push(readRelease(attributes))
    })
    parser.on('text', text => {
      if (this.#path.at(-1) === 'id') this.#text = (this.#text + text).slice(0, ID_MAX)
    })
    parser.on('closetag', ({ name }) => {
      this.#path.pop()
      // The id of the component itself: others stand deeper, as those that it provides.
      if (name === 'id' && this.#path.at(-1) === 'component')
        this.#ids.push(this.#text.trim().replace(/\.desktop$/, ''))
      if (name === 'component' && this.#ids.includes(this.#wanted)) this.#found.push(...this.#releases)
    })
  }

  push(text: string): void {
    this.#parser.write(text)
  }

  /** End, or throw a Fault `UPD_MALFORMED` for a catalogue that is cut short. */
  end(): readonly AppRelease[] {
    this.#parser.close()
    return this.#found
  }
}

function readRelease(attributes: Readonly<Record<string, string>>): AppRelease {
  const { version = '', type = 'stable', timestamp = '', date = '' } = attributes
  const publishedAtMs = /^[0-9]{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : Date.parse(date)
  return { version, type, publishedAtMs: Number.isNaN(publishedAtMs) ? null : publishedAtMs }
}

function fail(why: string, cause?: unknown): never {
  throw refuse('UPD_MALFORMED', `the catalogue cannot be read: ${why}`, { cause })
}

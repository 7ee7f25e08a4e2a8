import { internal } from '../errors/index.ts'
import { ATTRIBUTES, type AttributeKey, fitsAttribute } from './attributes.ts'

/** Why something was left out. */
export type RefusedBecause = 'attribute' | 'value' | 'second-app'

export interface AllowListOptions {
  /** Throw instead of leaving out. For tests: a refusal is our bug. */
  readonly strict: boolean
  onRefused(why: RefusedBecause): void
}

/** Lets through what the tables allow, and nothing else. */
export class AllowList {
  readonly #options: AllowListOptions

  constructor(options: AllowListOptions) {
    this.#options = options
  }

  /** Copy those of `given` that are among `allowed` and of the right shape. */
  admit(allowed: readonly AttributeKey[], given: Readonly<Record<string, unknown>>): Record<string, string | number> {
    const admitted: Record<string, string | number> = {}
    for (const key in given) {
      const value = given[key]
      if (value === undefined) continue
      if (!isAttribute(key) || !allowed.includes(key)) this.refuse('attribute', key)
      else if (fitsAttribute(key, value)) admitted[key] = value
      else this.refuse('value', key)
    }
    return admitted
  }

  /** Count what was left out. The key is named only in strict mode; it may be as foreign as the value. */
  refuse(why: RefusedBecause, key: string): void {
    if (this.#options.strict) throw internal(`telemetry refuses ${key} (${why})`)
    this.#options.onRefused(why)
  }
}

const isAttribute = (key: string): key is AttributeKey => Object.hasOwn(ATTRIBUTES, key)

import { join } from 'node:path'
import { PRODUCT_ID_PATTERN, PRODUCT_SETTINGS, type ProductSettings } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { readFileBounded, writeFileAtomically } from '@cordon/shared/runtime/edge'
import { fits, Type } from '@cordon/shared/schema'

const ADDED = Type.Object(
  { format: Type.Literal(1), products: Type.Record(Type.String({ pattern: PRODUCT_ID_PATTERN }), PRODUCT_SETTINGS) },
  { additionalProperties: false },
)
const ADDED_MAX_BYTES = 1_048_576

/** The file of products that were added by a command, and not in cordon.yaml. */
export class AddedProducts {
  readonly #path: string

  constructor(directory: string) {
    this.#path = join(directory, 'added.json')
  }

  /**
   * Load them, or throw a Fault `UPD_STATE_INVALID`. Whether a check can work with one is not asked here: it was when it
   * was added, and where a newer version knows better that check fails, and the others go on.
   */
  async load(): Promise<Readonly<Record<string, ProductSettings>>> {
    const content = await readFileBounded(this.#path, ADDED_MAX_BYTES)
    if (content === undefined) return {}
    const value: unknown = parse(content)
    if (fits(ADDED, value)) return value.products
    throw new Fault('UPD_STATE_INVALID', `${this.#path} is damaged`, {
      where: 'host',
      retry: 'never',
      next: 'Restore it from a backup, or remove it and add the products again.',
    })
  }

  async save(products: Readonly<Record<string, ProductSettings>>): Promise<void> {
    await writeFileAtomically(this.#path, `${JSON.stringify({ format: 1, products })}\n`)
  }
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    return undefined
  }
}

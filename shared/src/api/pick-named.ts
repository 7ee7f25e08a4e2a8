import { internal } from '../errors/index.ts'
import { fits, type TSchema } from '../schema/index.ts'

/** The words of JSON Schema that say what an answer may hold. */
interface Shape {
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
  readonly properties?: Readonly<Record<string, Shape>>
  readonly patternProperties?: Readonly<Record<string, Shape>>
}

/** Leave of a value what its schema names, so that an answer never holds more than its contract. */
export function pickNamed(schema: TSchema, value: unknown): unknown {
  const { anyOf, items, properties, patternProperties } = schema as Shape
  if (anyOf !== undefined) {
    const one = anyOf.find(member => fits(member, value))
    if (one === undefined) throw internal('an answer is none of those that its contract names')
    return pickNamed(one, value)
  }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return items === undefined ? value : value.map(item => pickNamed(items, item))
  if (properties === undefined && patternProperties === undefined) return value
  const patterns = Object.entries(patternProperties ?? {}).map(([text, held]) => [new RegExp(text, 'u'), held] as const)
  const picked: [string, unknown][] = []
  for (const [key, held] of Object.entries(value)) {
    const found = Object.hasOwn(properties ?? {}, key)
      ? properties?.[key]
      : patterns.find(([pattern]) => pattern.test(key))?.[1]
    if (found !== undefined) picked.push([key, pickNamed(found, held)])
  }
  return Object.fromEntries(picked)
}

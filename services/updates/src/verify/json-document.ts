import { refuse } from './fault.ts'

/** Parse a JSON document, or throw a Fault `UPD_MALFORMED`. */
export function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'))
  } catch (cause) {
    throw refuse('UPD_MALFORMED', 'what came is no JSON', { cause })
  }
}

/** Look up a JSON pointer (RFC 6901); undefined where it leads nowhere. Own properties alone are followed. */
export function lookUp(document: unknown, pointer: string): unknown {
  let value = document
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/** Look up a text, or throw a Fault `UPD_MALFORMED`. */
export function lookUpText(document: unknown, pointer: string): string {
  const value = lookUp(document, pointer)
  if (typeof value === 'string' && value.length <= 4096) return value
  throw refuse('UPD_MALFORMED', 'the document has no text where the product says it has')
}

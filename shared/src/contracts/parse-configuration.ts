import { LineCounter, parseDocument } from 'yaml'
import { Fault } from '../errors/index.ts'
import { fits, listMistakes, type TSchema } from '../schema/index.ts'
import { CONFIGURATION, type Configuration } from './configuration.ts'
import { type BrokenLaw, findBrokenLaws } from './configuration-laws.ts'

/** Nothing a person writes by hand is larger. Arbitrary. */
export const CONFIGURATION_MAX_BYTES = 1_048_576

/**
 * Parse the text of a configuration file.
 *
 * Throws a Fault `CFG_INVALID` that names every mistake with key, line, what was found and what is allowed.
 */
export function parseConfiguration(text: string, file: string): Configuration {
  if (Buffer.byteLength(text) > CONFIGURATION_MAX_BYTES) throw invalid([`${file} is larger than 1 MiB`])
  const lines = new LineCounter()
  // Aliases are a way to make a small file expand without bound, and nothing here needs them.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: '1.2', logLevel: 'error' })
  const at = (offset: number): string => `${file} line ${lines.linePos(offset).line}`
  const unreadable = [...document.errors, ...document.warnings]
  if (unreadable.length > 0) throw invalid(unreadable.map(error => `${at(error.pos[0])}: ${firstLine(error.message)}`))
  const value = toValue(document, file) ?? {}
  const place = (path: readonly string[]): string => {
    const offset = offsetOf(document, path)
    return offset === undefined ? file : at(offset)
  }
  if (!fits(CONFIGURATION, value)) {
    const paths = distinctPaths(CONFIGURATION, value)
    throw invalid(paths.map(path => `${place(path)}: ${describeMistake(CONFIGURATION, value, path)}`))
  }
  const broken = findBrokenLaws(value)
  if (broken.length === 0) return value
  const say = ({ path, allowed }: BrokenLaw): string =>
    `${place(path)}: ${path.join('.')}: found ${showAt(value, path)}; allowed: ${allowed}`
  throw invalid(broken.map(say))
}

function invalid(mistakes: readonly string[]): Fault {
  return new Fault('CFG_INVALID', mistakes.join('\n'), {
    where: 'host',
    retry: 'never',
    next: 'Mend the lines named above; the last good configuration stays live meanwhile.',
  })
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

function toValue(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 })
  } catch {
    throw invalid([`${file}: aliases (*name) are not allowed`])
  }
}

/** List where the value departs from the schema: the deepest places only, each once. */
function distinctPaths(schema: TSchema, value: unknown): readonly (readonly string[])[] {
  const pointers = new Set<string>()
  for (const { keyword, pointer, missing } of listMistakes(schema, value)) {
    if (keyword === 'additionalProperties') continue // reported once more, at the key itself
    for (const key of missing) pointers.add(`${pointer}/${key}`)
    if (keyword !== 'required') pointers.add(pointer)
  }
  const all = [...pointers]
  return all.filter(one => !all.some(other => other.startsWith(`${one}/`))).map(splitPointer)
}

const splitPointer = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))

function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly string[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length).map(asIndex), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) return node.range[0]
  }
  return undefined
}

const asIndex = (part: string): string | number => (/^[0-9]+$/.test(part) ? Number(part) : part)

/** Say in one line what stands at `path` and what may stand there. */
function describeMistake(schema: TSchema, value: unknown, path: readonly string[]): string {
  const key = path.join('.') || 'the document'
  const expected = schemaAt(schema, path)
  if (expected !== undefined) return `${key}: found ${showAt(value, path)}; allowed: ${allowed(expected)}`
  const parent = schemaAt(schema, path.slice(0, -1))
  return `${key}: unknown key; allowed: ${parent === undefined ? 'nothing' : allowedKeys(parent)}`
}

/** Show what stands at a path, or that nothing does. */
function showAt(value: unknown, path: readonly string[]): string {
  const { found, known } = lookUp(value, path)
  return known ? show(found) : 'nothing'
}

function lookUp(value: unknown, path: readonly string[]): { found: unknown; known: boolean } {
  let found = value
  for (const part of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, part)) return { found, known: false }
    found = (found as Record<string, unknown>)[part]
  }
  return { found, known: true }
}

/** Shown values are short and free of control characters: they end on a terminal. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

interface Shape {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Shape>>
  readonly patternProperties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}

function schemaAt(schema: TSchema, path: readonly string[]): Shape | undefined {
  let shape: Shape | undefined = schema as Shape
  for (const part of path) shape = shape === undefined ? undefined : childOf(shape, part)
  return shape
}

function childOf(shape: Shape, part: string): Shape | undefined {
  if (shape.properties !== undefined && Object.hasOwn(shape.properties, part)) return shape.properties[part]
  for (const [pattern, child] of Object.entries(shape.patternProperties ?? {})) {
    if (new RegExp(pattern).test(part)) return child
  }
  return shape.items
}

const allowed = (shape: Shape): string => shape.description ?? 'nothing'

const allowedKeys = (shape: Shape): string =>
  shape.properties === undefined ? allowed(shape) : Object.keys(shape.properties).join(', ')

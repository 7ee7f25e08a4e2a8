import { createHash } from 'node:crypto'
import type { Product } from '../sources/index.ts'

/** What a product's settings say of this machine alone, and not of what is asked and who is believed. */
const LOCAL = new Set(['installed', 'keyring', 'root', 'unsigned'])

/**
 * Name what is asked of a product's sources and who is believed, in 64 hexadecimal digits: an answer to another question
 * says nothing.
 */
export function nameQuestion({ id, settings }: Product): string {
  const asked = Object.entries(settings)
    .filter(([name]) => !LOCAL.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256')
    .update(JSON.stringify([id, asked]))
    .digest('hex')
}

import { type ProductSettings, parseConfiguration } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { usage } from './complaint.ts'
import { show } from './show.ts'

/** Read `key=value` words into the settings of a product, or throw a Fault that names the key and what is allowed. */
export function readProductSettings(id: string, words: readonly string[]): ProductSettings {
  const settings: Record<string, unknown> = {}
  for (const word of words) {
    const [, key = '', text = ''] = /^([A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z]+)?)=(.*)$/s.exec(word) ?? []
    if (key === '') throw usage(`${show(word)} is no key=value`, 'Write for instance: kind=github package=ORG/NAME')
    const [outer = '', inner] = key.split('.')
    if (inner === undefined) settings[outer] = readValue(key, text)
    else settings[outer] = { ...(settings[outer] as object | undefined), [inner]: readValue(key, text) }
  }
  const document = JSON.stringify({ updates: { products: { [id]: settings } } }) // JSON is YAML
  try {
    return parseConfiguration(document, '').updates?.products?.[id] ?? {}
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    throw usage(
      thrown.message.replaceAll(/^ line 1: updates\.products\./gm, ''),
      'See `cordon updates add --help` for the keys of each kind.',
    )
  }
}

/** Which keys are lists; all else is one word, a number, or yes and no. */
const LISTS: readonly string[] = ['keys', 'installed.command']

function readValue(key: string, text: string): unknown {
  if (LISTS.includes(key)) return text.split(key === 'keys' ? ',' : ' ')
  if (text === 'true' || text === 'false') return text === 'true'
  return /^[0-9]{1,4}$/.test(text) && key === 'silenceDays' ? Number(text) : text
}

import { isVersion } from './version-order.ts'

const PLACE = '{version}'

/** Write `version` into every place of a template. */
export const fillTemplate = (template: string, version: string): string => template.replaceAll(PLACE, version)

/** Read the version out of a text that is the template as a whole, or undefined. */
export function readTemplate(template: string, text: string): string | undefined {
  const at = template.indexOf(PLACE)
  const before = template.slice(0, at)
  const after = template.slice(at + PLACE.length)
  if (text.length < before.length + after.length || !text.startsWith(before) || !text.endsWith(after)) return undefined
  const version = text.slice(before.length, text.length - after.length)
  // A template with two places means the same version in both.
  if (after.includes(PLACE)) return undefined
  return isVersion(version) ? version : undefined
}

/** Find the versions of all words of a text that fit the template: words end at white space, slashes and asterisks. */
export function findVersions(template: string, text: string): readonly string[] {
  const found = new Set<string>()
  for (const word of text.split(/[\s*/"'<>()]+/)) {
    const version = readTemplate(template, word)
    if (version !== undefined) found.add(version)
  }
  return [...found]
}

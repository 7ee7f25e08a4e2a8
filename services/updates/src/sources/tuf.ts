import { lookUpText, parseJson } from '../verify/index.ts'
import { readTemplate } from '../versions/index.ts'
import { chooseNewest } from './newest-version.ts'
import type { Source } from './source.ts'

/**
 * A TUF repository: the target's own metadata names the version (`custom.version`), or the target is a JSON document
 * that does, at `path`.
 */
export const findInTuf: Source = async (product, tools) => {
  const { path, template = '{version}' } = product.settings
  const target = await tools.findTufTarget({ content: path !== undefined })
  const text =
    path === undefined || target.content === null
      ? lookUpText(target.custom, '/version')
      : lookUpText(parseJson(target.content), path)
  const { sha256, address, bytes } = target
  return {
    version: chooseNewest(product, [readTemplate(template, text) ?? '']),
    signedBy: target.signedBy,
    signedAtMs: null, // versions of its metadata are what must not go back, and tuf-js sees to that
    publishedAtMs: null,
    validUntilMs: target.expiresAtMs,
    authority: target.authority,
    download:
      path === undefined && sha256 !== null ? { address, fallback: null, bytes, sha256, signature: null } : null,
  }
}

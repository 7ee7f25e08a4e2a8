import { lookUpText, parseJson, refuse } from '../verify/index.ts'
import { readTemplate } from '../versions/index.ts'
import { fillDownload } from './fill-download.ts'
import { chooseNewest } from './newest-version.ts'
import { describe } from './openpgp.ts'
import { takeSignedDocument } from './signed-document.ts'
import type { DownloadPlan, Product, Source } from './source.ts'

/** A JSON document with the version at one place, signed by a pinned key or by nobody. */
export const findInJson: Source = async (product, tools) => {
  const { path = '', template = '{version}' } = product.settings
  const taken = await takeSignedDocument(product, tools)
  const document = parseJson(taken.content)
  const version = chooseNewest(product, [readTemplate(template, lookUpText(document, path)) ?? ''])
  return describe(taken, version, planDownload(product, version, document))
}

function planDownload({ settings }: Product, version: string, document: unknown): DownloadPlan | null {
  const { download } = settings
  if (download === undefined) return null
  const filled = fillDownload(download, version)
  const sha256 = download.hashPath === undefined ? null : lookUpText(document, download.hashPath).toLowerCase()
  if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256)) throw refuse('UPD_MALFORMED', 'the hash is no SHA-256')
  return sha256 === null && filled.signature === null ? null : { ...filled, bytes: null, sha256 }
}

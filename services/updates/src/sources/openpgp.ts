import { findSha256, refuse } from '../verify/index.ts'
import { findVersions } from '../versions/index.ts'
import { fillDownload } from './fill-download.ts'
import { chooseNewest } from './newest-version.ts'
import { type SignedDocument, takeSignedDocument } from './signed-document.ts'
import type { DownloadPlan, Finding, Product, Source } from './source.ts'

/** A signed text that names files with their versions: a list of hashes, or a description of updates. */
const findInSignedText: Source = async (product, tools) => {
  const document = await takeSignedDocument(product, tools)
  const text = Buffer.from(document.content).toString('utf8')
  const { template = '{version}' } = product.settings
  const version = chooseNewest(product, findVersions(template, text))
  // A well-signed list of another version: what was asked for is not what was signed.
  if (document.asked !== undefined && document.asked !== version) {
    throw refuse('UPD_WRONG_PRODUCT', 'the signed file is of another version than the one that was asked for')
  }
  return describe(document, version, planDownload(product, version, text))
}

/** OpenPGP over a text. */
export const findInOpenPgp = findInSignedText
/** minisign over a text: the same but for the signature, which the settings name. */
export const findInMinisign = findInSignedText

/** Put together what a signed document says. */
export const describe = (document: SignedDocument, version: string, download: DownloadPlan | null): Finding => ({
  version,
  signedBy: document.signedBy,
  signedAtMs: document.signedAtMs,
  publishedAtMs: document.signedAtMs,
  validUntilMs: null,
  authority: null,
  download,
})

/** A download is by the hash in the signed list, by a signature of its own, or not at all. */
function planDownload({ settings }: Product, version: string, list: string): DownloadPlan | null {
  if (settings.download === undefined) return null
  const { address, fallback, signature } = fillDownload(settings.download, version)
  const sha256 = findSha256(list, address.split('/').at(-1) ?? '') ?? null
  return sha256 === null && signature === null ? null : { address, fallback, bytes: null, sha256, signature }
}

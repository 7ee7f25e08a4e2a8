import { createHash } from 'node:crypto'
import { lookUpText, parseFeed, parseJson, readDetachedSignature, refuse, verifyMinisign } from '../verify/index.ts'
import { fillTemplate } from '../versions/index.ts'
import { versionsOfFeed } from './feed.ts'
import { chooseNewest } from './newest-version.ts'
import type { Product, SourceTools } from './source.ts'

/** Lists of hashes and descriptions of updates: Tails caps them at 8 KiB, Mozilla's lists of hashes have 1 MB. */
const DOCUMENT_MAX_BYTES = 4_194_304
const SIGNATURE_MAX_BYTES = 65_536

/** A document, and who vouches for it. */
export interface SignedDocument {
  readonly content: Uint8Array
  readonly signedBy: readonly string[]
  readonly signedAtMs: number | null
  /** The version that the address was filled with, if it was. */
  readonly asked: string | undefined
}

/** Take a product's document and verify it by what the settings name: OpenPGP, minisign, a hash, or nothing. */
export async function takeSignedDocument(product: Product, tools: SourceTools): Promise<SignedDocument> {
  const { settings } = product
  const asked = settings.newest === undefined ? undefined : await findNewest(product, tools)
  const fill = (template: string): string => (asked === undefined ? template : fillTemplate(template, asked))
  const address = fill(settings.address ?? '')
  const content = await tools.fetch(address, DOCUMENT_MAX_BYTES)
  if (settings.sha256 !== undefined) {
    // Whoever pinned it vouches. A document that has changed is another one, and only a person can say which is right.
    const hash = createHash('sha256').update(content).digest('hex')
    if (hash !== settings.sha256) throw refuse('UPD_MISMATCH', 'the document is not the one whose hash is pinned')
    return { content, signedBy: [`sha256:${hash.slice(0, 16)}`], signedAtMs: null, asked }
  }
  if (settings.key !== undefined) {
    const signature = await tools.fetch(fill(settings.signature ?? `${address}.minisig`), SIGNATURE_MAX_BYTES)
    const { signer, signedAtMs } = verifyMinisign(content, signature, settings.key)
    return { content, signedBy: [signer], signedAtMs, asked }
  }
  if (settings.keys === undefined) return { content, signedBy: [], signedAtMs: null, asked }
  if (settings.clearSigned === true) return { ...(await tools.verifyOpenPgp(content)), asked }
  const signature = await tools.fetch(fill(settings.signature ?? `${address}.asc`), SIGNATURE_MAX_BYTES)
  return { ...(await tools.verifyOpenPgp(content, readDetachedSignature(signature))), asked }
}

/**
 * Find out which version to ask the signed document of. Nobody signs this: a lie leads to a document that is not there,
 * or to an older one, which is a rollback.
 */
async function findNewest(product: Product, tools: SourceTools): Promise<string> {
  const { newest } = product.settings
  if (newest === undefined) throw refuse('UPD_MALFORMED', 'the product does not say where its newest version is named')
  const content = await tools.fetch(newest.address, DOCUMENT_MAX_BYTES)
  if (newest.path !== undefined) return chooseNewest(product, [lookUpText(parseJson(content), newest.path)])
  return chooseNewest(product, versionsOfFeed(parseFeed(content), newest.template))
}

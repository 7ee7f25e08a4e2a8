import { lookUp, lookUpText, parseJson, refuse, verifyNpm } from '../verify/index.ts'
import { chooseNewest } from './newest-version.ts'
import type { DownloadPlan, Source } from './source.ts'

/** A manifest of one version has 10 KB, PyPI's document of a project with many releases 10 MB. */
const DOCUMENT_MAX_BYTES = 16_777_216

/** As long as an address in the settings may be. */
const ADDRESS_MAX = 2048

/** The npm registry: the manifest of the newest version, signed by the registry if its key is pinned. */
export const findOnNpm: Source = async (product, tools) => {
  const { package: name = '', key, address = 'https://registry.npmjs.org' } = product.settings
  const content = await tools.fetch(
    `${address.replace(/\/$/, '')}/${name.replace('/', '%2f')}/latest`,
    DOCUMENT_MAX_BYTES,
  )
  const manifest = parseJson(content)
  if (lookUpText(manifest, '/name') !== name) throw refuse('UPD_WRONG_PRODUCT', 'the manifest is of another package')
  const version = lookUpText(manifest, '/version')
  if (key !== undefined) {
    const integrity = lookUpText(manifest, '/dist/integrity')
    const listed = lookUp(manifest, '/dist/signatures')
    const signatures = Array.isArray(listed) ? listed.map(one => lookUp(one, '/sig')) : []
    const texts = signatures.filter(one => typeof one === 'string')
    verifyNpm({ name, version, integrity }, texts.slice(0, 8), key)
  }
  return {
    version: chooseNewest(product, [version]),
    signedBy: key === undefined ? [] : ['registry key'],
    signedAtMs: null,
    publishedAtMs: null,
    validUntilMs: null,
    authority: null,
    download: null,
  }
}

/** PyPI's document of a project. Nobody signs it. */
export const findOnPypi: Source = async (product, tools) => {
  const { package: name = '', address = 'https://pypi.org' } = product.settings
  const document = parseJson(await tools.fetch(`${address.replace(/\/$/, '')}/pypi/${name}/json`, DOCUMENT_MAX_BYTES))
  const normal = (text: string): string => text.toLowerCase().replaceAll(/[-_.]+/g, '-') // PEP 503
  if (normal(lookUpText(document, '/info/name')) !== normal(name)) {
    throw refuse('UPD_WRONG_PRODUCT', 'the document is of another project')
  }
  const publishedAtMs = Date.parse(String(lookUp(document, '/urls/0/upload_time_iso_8601')))
  return {
    version: chooseNewest(product, [lookUpText(document, '/info/version')]),
    signedBy: [],
    signedAtMs: null,
    publishedAtMs: Number.isNaN(publishedAtMs) ? null : publishedAtMs,
    validUntilMs: null,
    authority: null,
    download: planDownload(document),
  }
}

/** The source archive by the hash that the document names. */
function planDownload(document: unknown): DownloadPlan | null {
  const urls = lookUp(document, '/urls')
  const archive = Array.isArray(urls) ? urls.find(one => lookUp(one, '/packagetype') === 'sdist') : undefined
  const [address, sha256, bytes] = ['/url', '/digests/sha256', '/size'].map(at => lookUp(archive, at))
  if (typeof address !== 'string' || typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null
  if (address.length > ADDRESS_MAX || URL.parse(address)?.protocol !== 'https:') return null
  return { address, fallback: null, sha256, bytes: Number.isSafeInteger(bytes) ? Number(bytes) : null, signature: null }
}

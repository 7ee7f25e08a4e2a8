import { ParagraphReader, parseRelease, type Release, refuse } from '../verify/index.ts'
import { isVersion, ORDERS } from '../versions/index.ts'
import type { DownloadPlan, Product, Source, SourceTools } from './source.ts'

/** apt's own cap is 10 MB (Acquire::MaxReleaseFileSize); Debian's largest has 0.3 MB. */
const RELEASE_MAX_BYTES = 10_000_000
/** Debian's main has 12 MB packed and 50 MB unpacked. Arbitrary, and far above. */
const INDEX_LIMITS = { maxBytes: 200_000_000, maxUnpackedBytes: 1_000_000_000 }

/**
 * An apt repository: InRelease by a pinned key, then the whole index of packages by its signed hash.
 *
 * The whole index is taken, always and by its hash, so that the mirror does not learn which package is meant. Without
 * `package` the version is that of the release itself.
 */
export const findInApt: Source = async (product, tools) => {
  const { suite = '', component = 'main', address = '' } = product.settings
  const base = `${address.replace(/\/$/, '')}/dists/${suite}`
  const signed = await tools.verifyOpenPgp(await tools.fetch(`${base}/InRelease`, RELEASE_MAX_BYTES))
  const release = parseRelease(Buffer.from(signed.content).toString('utf8'))
  // A mirror may answer with a well-signed Release of another suite.
  if (release.suite !== suite && release.codename !== suite) throw wrong('the Release is of another suite')
  const found = {
    signedBy: signed.signedBy,
    signedAtMs: release.dateMs,
    publishedAtMs: release.dateMs,
    validUntilMs: release.validUntilMs,
    authority: null,
  }
  if (product.settings.package === undefined) {
    if (release.version === undefined) throw wrong('the Release names no version of its own')
    return { ...found, version: readVersion(release.version), download: null }
  }
  if (!release.components.some(one => one === component || one.endsWith(`/${component}`))) {
    throw wrong('the Release has no such component')
  }
  return { ...found, ...(await findPackage(product, tools, release, base)) }
}

async function findPackage(
  { settings }: Product,
  tools: SourceTools,
  release: Release,
  base: string,
): Promise<{ version: string; download: DownloadPlan }> {
  const { component = 'main', architecture = 'amd64' } = settings
  const directory = `${component}/binary-${architecture}`
  const packed = release.indexes.get(`${directory}/Packages.gz`)
  const plain = release.indexes.get(`${directory}/Packages`)
  const entry = packed ?? plain
  if (entry === undefined) throw wrong('the Release has no index of that architecture')
  const isPacked = packed !== undefined
  const where = release.byHash ? `by-hash/SHA256/${entry.sha256}` : isPacked ? 'Packages.gz' : 'Packages'
  let best: { version: string; download: DownloadPlan } | undefined
  const reader = new ParagraphReader(paragraph => {
    if (paragraph.get('package') !== settings.package) return
    const version = readVersion(paragraph.get('version'))
    const of = paragraph.get('architecture')
    if (of !== architecture && of !== 'all') throw wrong('the index holds packages of another architecture')
    if (best === undefined || ORDERS.debian(best.version, version) < 0) {
      best = { version, download: planDownload(settings, paragraph) }
    }
  })
  const options = {
    isPacked,
    maxBytes: Math.min(entry.bytes, INDEX_LIMITS.maxBytes),
    maxUnpackedBytes: Math.min(plain?.bytes ?? INDEX_LIMITS.maxUnpackedBytes, INDEX_LIMITS.maxUnpackedBytes),
  }
  const scanned = await tools.scan(`${base}/${directory}/${where}`, options, chunk => reader.push(chunk))
  // What was read is believed only now: nothing of it has left this function.
  if (scanned.sha256 !== entry.sha256 || scanned.bytes !== entry.bytes) throw mismatch()
  if (plain !== undefined && scanned.unpackedSha256 !== plain.sha256) throw mismatch()
  reader.end()
  if (best === undefined) throw wrong('the index has no such package')
  return best
}

/** A version is shown, stored and filled into addresses: what is none goes no further, signed as it is. */
function readVersion(text = ''): string {
  if (isVersion(text)) return text
  throw refuse('UPD_MALFORMED', 'what stands for a version is none')
}

function planDownload(
  { address = '', fallback }: Product['settings'],
  paragraph: ReadonlyMap<string, string>,
): DownloadPlan {
  const [path = '', bytes = '', sha256 = ''] = ['filename', 'size', 'sha256'].map(name => paragraph.get(name))
  const isSound = /^[0-9]{1,12}$/.test(bytes) && /^[0-9a-f]{64}$/.test(sha256) && !path.split('/').includes('..')
  if (!isSound) throw refuse('UPD_MALFORMED', 'the index describes a package without size or hash')
  const below = (base: string): string => `${base.replace(/\/$/, '')}/${path}`
  return {
    address: below(address),
    fallback: fallback === undefined ? null : below(fallback),
    bytes: Number(bytes),
    sha256,
    signature: null,
  }
}

const wrong = (why: string): Error => refuse('UPD_WRONG_PRODUCT', why)
const mismatch = (): Error => refuse('UPD_MISMATCH', 'the index is not the one that the Release names (mix-and-match)')

import { ReleaseScanner, refuse } from '../verify/index.ts'
import { chooseNewest } from './newest-version.ts'
import type { Source } from './source.ts'

/** Flathub's catalogue has 10 MB packed and 60 MB unpacked. Arbitrary, and far above. */
const LIMITS = { maxBytes: 100_000_000, maxUnpackedBytes: 500_000_000 }

/**
 * AppStream's catalogue of a Flatpak remote. The whole of it is taken, so that the remote does not learn which app is
 * meant. Nobody signs it over this way.
 */
export const findInAppStream: Source = async (product, tools) => {
  const { address = '', package: app = '' } = product.settings
  const decoder = new TextDecoder()
  const scanner = new ReleaseScanner(app)
  const options = { ...LIMITS, isPacked: address.endsWith('.gz') }
  await tools.scan(address, options, chunk => scanner.push(decoder.decode(chunk, { stream: true })))
  const releases = scanner.end()
  if (releases.length === 0) throw refuse('UPD_WRONG_PRODUCT', 'the catalogue has no release of this app')
  const version = chooseNewest(
    product,
    releases.filter(({ type }) => type === 'stable').map(one => one.version),
  )
  const publishedAtMs = releases.find(one => one.version === version)?.publishedAtMs ?? null
  return { version, signedBy: [], signedAtMs: null, publishedAtMs, validUntilMs: null, authority: null, download: null }
}

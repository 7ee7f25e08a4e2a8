import { type FeedEntry, parseFeed, refuse } from '../verify/index.ts'
import { readTemplate } from '../versions/index.ts'
import { chooseNewest } from './newest-version.ts'
import type { Finding, Product, Source, SourceTools } from './source.ts'

/** A feed of ten releases with their notes has 100 KB. Arbitrary, and far above. */
const FEED_MAX_BYTES = 8_388_608

/** GitHub's feed of a repository's releases. */
export const findOnGithub: Source = async (product, tools) => {
  const { package: repository = '' } = product.settings
  const page = `https://github.com/${repository}`
  const isOurs = (link: string): boolean => link.startsWith(`${page}/releases/tag/`)
  return await findInFeed(product, tools, product.settings.address ?? `${page}/releases.atom`, isOurs)
}

/** The feed of releases or tags of any forge. */
export const findOnForge: Source = async (product, tools) => {
  const { address = '' } = product.settings
  const { host } = new URL(address)
  const isOurs = (link: string): boolean => URL.parse(link, address)?.host === host
  return await findInFeed(product, tools, address, isOurs)
}

async function findInFeed(
  product: Product,
  tools: SourceTools,
  address: string,
  isOurs: (link: string) => boolean,
): Promise<Finding> {
  const entries = parseFeed(await tools.fetch(address, FEED_MAX_BYTES))
  const ours = entries.filter(({ link }) => isOurs(link))
  if (ours.length === 0) throw refuse('UPD_WRONG_PRODUCT', 'the feed has no release of this product')
  const { template } = product.settings
  const version = chooseNewest(product, versionsOfFeed(ours, template))
  const entry = ours.find(one => versionsOfFeed([one], template).includes(version))
  const publishedAtMs = entry?.publishedAtMs ?? null
  return { version, signedBy: [], signedAtMs: null, publishedAtMs, validUntilMs: null, authority: null, download: null }
}

/** Read the versions that the entries of a feed are named by: the tag in the address, or else the title. */
export function versionsOfFeed(entries: readonly FeedEntry[], template?: string): readonly string[] {
  const templates = template === undefined ? ['v{version}', '{version}'] : [template]
  return entries.flatMap(({ link, title }) => {
    const tag = link.split('/').at(-1) ?? ''
    const found = [decode(tag), title].flatMap(text => templates.map(one => readTemplate(one, text)))
    return found.find(one => one !== undefined) ?? []
  })
}

function decode(tag: string): string {
  try {
    return decodeURIComponent(tag)
  } catch {
    return '' // no address at all: the title may do
  }
}

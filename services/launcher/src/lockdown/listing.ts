/** Sets whose elements come and go while the machine is locked. */
const CHANGING_SETS = ['refused', 'portal']

/** Report whether a value has named fields. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/**
 * Write what `nft -j list table` printed as a text that is the same for the same rules: without handles, counts, the
 * version of nft, and the order in which the kernel happens to keep the elements of a set.
 */
export function normaliseListing(listing: unknown): string {
  const items = isObject(listing) && Array.isArray(listing['nftables']) ? listing['nftables'].filter(isObject) : []
  return JSON.stringify(items.filter(item => !('metainfo' in item)).map(item => strip(sortElements(item))))
}

function sortElements(item: Record<string, unknown>): Record<string, unknown> {
  const { set } = item
  if (!isObject(set)) return item
  const { elem, ...rest } = set
  if (!Array.isArray(elem) || CHANGING_SETS.includes(String(set['name']))) return { set: rest }
  return { set: { ...rest, elem: elem.map(one => JSON.stringify(one)).toSorted() } }
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      key === 'handle' ? [] : [[key, key === 'counter' ? null : strip(inner)] as const],
    ),
  )
}

const GROUPS = 8
const GROUP = /^[0-9a-fA-F]{1,4}$/
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/

/** Read a dotted quad without leading zeros (`192.0.2.1`) as four octets, or return undefined. */
export function parseDottedQuad(text: string): readonly number[] | undefined {
  const parts = text.split('.', 5)
  // A leading zero is octal to some readers and decimal to others, so it is no address here.
  if (parts.length !== 4 || !parts.every(part => OCTET.test(part))) return undefined
  const octets = parts.map(Number)
  return octets.every(octet => octet <= 255) ? octets : undefined
}

/** Read an IPv6 address (RFC 4291 section 2.2, no zone) as eight groups of 16 bits, or return undefined. */
export function parseIpv6Groups(text: string): readonly number[] | undefined {
  // At most one "::", which stands for at least one group of zeros (RFC 4291 section 2.2).
  const [before, after, excess] = text.split('::', 3) as [string, string?, string?]
  if (excess !== undefined) return undefined
  const tail = parseGroups(after ?? before, true)
  if (after === undefined) return tail?.length === GROUPS ? tail : undefined
  const head = parseGroups(before, false)
  if (head === undefined || tail === undefined) return undefined
  const zeros = GROUPS - head.length - tail.length
  return zeros < 1 ? undefined : [...head, ...Array<number>(zeros).fill(0), ...tail]
}

function parseGroups(text: string, mayEndDotted: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':', GROUPS + 1)
  for (const [index, part] of parts.entries()) {
    if (GROUP.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const quad = mayEndDotted && index === parts.length - 1 ? parseDottedQuad(part) : undefined
    if (quad === undefined) return undefined
    const [a = 0, b = 0, c = 0, d = 0] = quad
    groups.push((a << 8) | b, (c << 8) | d)
  }
  return groups
}

/**
 * Write eight groups in the canonical form (RFC 5952 section 4): lower case, no leading zeros, the first of the
 * longest runs of two or more zero groups as `::`. IPv4-mapped addresses stay hexadecimal, as URLs write them.
 */
export function formatIpv6Groups(groups: readonly number[]): string {
  const run = longestZeroRun(groups)
  const hex = groups.map(group => group.toString(16))
  if (run.length < 2) return hex.join(':')
  return `${hex.slice(0, run.start).join(':')}::${hex.slice(run.start + run.length).join(':')}`
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 }
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  return best
}

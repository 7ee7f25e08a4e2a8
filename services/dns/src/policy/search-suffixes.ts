/**
 * Read the search suffixes of this machine from the text of resolv.conf (resolv.conf(5): `search` and `domain`).
 *
 * A program's resolver appends them to names, and what comes out names the network that the machine is in.
 */
export function readSearchSuffixes(text: string): ReadonlySet<string> {
  const suffixes = new Set<string>()
  for (const line of text.split('\n')) {
    const [keyword, ...names] = line.trim().split(/\s+/)
    if (keyword !== 'search' && keyword !== 'domain') continue
    for (const name of names) {
      const bare = name.toLowerCase().replace(/\.$/, '')
      // The root is what turns searching off.
      if (bare !== '') suffixes.add(bare)
    }
  }
  return suffixes
}

/** Find the hash of a file in the text of `sha256sum` (coreutils), or undefined where it has none or two. */
export function findSha256(list: string, fileName: string): string | undefined {
  const found = new Set<string>()
  for (const line of list.split(/\r?\n/)) {
    const [, hash, name] = /^([0-9a-fA-F]{64})\s+\*?(\S+)$/.exec(line.trim()) ?? []
    if (hash !== undefined && name?.split('/').at(-1) === fileName) found.add(hash.toLowerCase())
  }
  return found.size === 1 ? [...found][0] : undefined
}

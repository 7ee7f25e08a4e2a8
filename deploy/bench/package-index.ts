import { createHash } from 'node:crypto'

/** Words of descriptions and names: a text that packs about as well as Debian's. */
const WORDS =
  'library tools data common runtime support development files documentation server client plugin module interface network graphics audio video terminal editor compiler debugger parser format simple fast small modern extensible portable shared static headers bindings python perl ruby rust go java gtk qt x11 wayland system kernel device driver virtual test framework language translation font theme icon game science math physics chemistry biology image sound music text search index archive backup monitor daemon service protocol secure encrypted key signature hash random number matrix graph tree table queue cache memory disk file directory path name user group access control policy rule filter'.split(
    ' ',
  )

/**
 * Write an index of packages as Debian's main looks: as many paragraphs as wanted, of about 750 bytes each, the same at
 * every call.
 */
export function* writePackageIndex(packages: number): Generator<string> {
  let batch: string[] = []
  for (let n = 0; n < packages; n++) {
    batch.push(writeParagraph(n))
    if (batch.length < 500) continue
    yield batch.join('')
    batch = []
  }
  yield batch.join('')
}

/** The name of the package at a place in the index. */
export const packageNameAt = (n: number): string => `${wordAt(n)}-${wordAt(n * 7 + 3)}${n}`

function writeParagraph(n: number): string {
  const digest = createHash('sha256').update(`package ${n}`).digest()
  const name = packageNameAt(n)
  const source = `${wordAt(n)}-${wordAt(n * 3)}`
  const version = `${digest[0] ?? 0}.${(digest[1] ?? 0) % 20}.${(digest[2] ?? 0) % 9}-${1 + ((digest[3] ?? 0) % 5)}`
  const some = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, at) => wordAt((digest[(from + at) % 32] ?? 0) * 31 + n + at))
  const depends = some(4, 6).map(word => `lib${word}${(digest[9] ?? 0) % 9} (>= ${1 + ((digest[10] ?? 0) % 20)}.0)`)
  return `Package: ${name}
Source: ${source}
Version: ${version}
Installed-Size: ${digest.readUInt16BE(12)}
Maintainer: Debian ${source} Maintainers <pkg-${source}-maintainers@lists.alioth.debian.org>
Architecture: ${n % 3 === 0 ? 'all' : 'amd64'}
Depends: libc6 (>= 2.34), ${depends.join(', ')}
Description: ${some(14, 7).join(' ')}
Homepage: https://www.${source}.org/
Description-md5: ${digest.toString('hex', 0, 16)}
Tag: implemented-in::${wordAt(n + 1)}, role::${wordAt(n + 2)}, use::${wordAt(n + 5)}, works-with::${wordAt(n + 9)}
Section: ${wordAt(n % 30)}
Priority: optional
Filename: pool/main/${source.slice(0, 1)}/${source}/${name}_${version}_amd64.deb
Size: ${digest.readUInt32BE(16) >>> 8}
MD5sum: ${digest.toString('hex', 8, 24)}
SHA256: ${digest.toString('hex')}

`
}

const wordAt = (n: number): string => WORDS[n % WORDS.length] ?? 'tool'

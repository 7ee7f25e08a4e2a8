import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type PinnedKeys, verifyDocument } from '../src/edge/gpgv.ts'
import { scanBody } from '../src/edge/scan.ts'
import type { SourceTools } from '../src/sources/index.ts'
import { refuse } from '../src/verify/index.ts'

export interface ToolsUnderTest extends SourceTools {
  /** What was asked for, in order. */
  readonly asked: string[]
}

/** The ports of a source over documents in memory. OpenPGP is the real gpgv. */
export function makeTools(
  documents: Readonly<Record<string, Uint8Array | string>>,
  more: Partial<SourceTools> & { readonly pinned?: PinnedKeys } = {},
): ToolsUnderTest {
  const asked: string[] = []
  const fetch = async (address: string, maxBytes: number): Promise<Uint8Array> => {
    asked.push(address)
    const found = documents[address]
    if (found === undefined) throw refuse('UPD_REFUSED', 'the source answered with status 404')
    const content = Buffer.from(found)
    if (content.length > maxBytes) throw refuse('VIA_TOO_LARGE', 'the answer is larger than allowed')
    return content
  }
  return {
    asked,
    nowMs: Date.now(),
    fetch,
    scan: async (address, options, take) => {
      const content = await fetch(address, options.maxBytes)
      return await scanBody(inPieces(content), options, take)
    },
    verifyOpenPgp: async (document, signature) => {
      if (more.pinned === undefined) throw new Error('this test has no keys')
      return await verifyDocument(more.pinned, document, signature)
    },
    findTufTarget: async () => {
      throw new Error('this test has no TUF')
    },
    ...more,
  }
}

async function* inPieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000)
}

/** An apt repository as its files: one suite, one component, one architecture. */
export function makeApt(options: {
  readonly sign: (text: string) => Uint8Array
  readonly packages: string
  readonly fields?: Readonly<Record<string, string>>
  readonly base?: string
}): Record<string, Uint8Array> {
  const { sign, packages, fields = {}, base = 'https://deb.example/debian' } = options
  const packed = gzipSync(packages)
  const release = {
    Origin: 'Test',
    Suite: 'stable',
    Codename: 'bookworm',
    Version: '12.11',
    Date: new Date(Date.now() - 3_600_000).toUTCString().replace('GMT', 'UTC'),
    'Valid-Until': new Date(Date.now() + 86_400_000).toUTCString().replace('GMT', 'UTC'),
    Architectures: 'amd64 arm64',
    Components: 'main contrib',
    'Acquire-By-Hash': 'yes',
    SHA256: `\n ${sha256(packages)} ${packages.length} main/binary-amd64/Packages\n ${sha256(packed)} ${packed.length} main/binary-amd64/Packages.gz`,
    ...fields,
  }
  const text = Object.entries(release).map(([name, value]) => `${name}: ${value}\n`)
  return {
    [`${base}/dists/bookworm/InRelease`]: sign(text.join('')),
    [`${base}/dists/bookworm/main/binary-amd64/by-hash/SHA256/${sha256(packed)}`]: packed,
    [`${base}/dists/bookworm/main/binary-amd64/Packages.gz`]: packed,
  }
}

/** Hash in hexadecimal. */
export const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex')

/** One paragraph of an index. */
export const packageParagraph = (name: string, version: string, architecture = 'amd64'): string =>
  `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\nFilename: pool/${name}.deb\nSize: 10\nSHA256: ${'ab'.repeat(32)}\nDescription: some\n words\n\n`

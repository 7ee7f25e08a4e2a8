import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Fault } from '@cordon/shared/errors'
import type { Scanned, ScanOptions } from '../sources/index.ts'
import { refuse } from '../verify/index.ts'

/** Let a body pass by: count it, hash it packed and unpacked, and show what is unpacked, in memory that does not grow. */
export async function scanBody(
  body: AsyncIterable<Uint8Array>,
  { isPacked, maxUnpackedBytes }: ScanOptions,
  show: (chunk: Uint8Array) => void,
): Promise<Scanned> {
  const [packed, unpacked] = [createHash('sha256'), createHash('sha256')]
  let [bytes, unpackedBytes] = [0, 0]
  async function* count(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytes += chunk.length
      packed.update(chunk)
      yield chunk
    }
  }
  const consume = async (source: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const chunk of source) {
      unpackedBytes += chunk.length
      // A packed file of some KB can unpack to all of a disk (endless data).
      if (unpackedBytes > maxUnpackedBytes) throw refuse('VIA_TOO_LARGE', 'the answer unpacks to more than allowed')
      unpacked.update(chunk)
      show(chunk)
    }
  }
  try {
    const source = Readable.from(count(body), { objectMode: false })
    if (isPacked) await pipeline(source, createGunzip({ chunkSize: 65_536 }), consume)
    else await pipeline(source, consume)
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw refuse('UPD_MALFORMED', 'the answer cannot be unpacked', { cause: thrown })
  }
  return { bytes, sha256: packed.digest('hex'), unpackedBytes, unpackedSha256: unpacked.digest('hex') }
}

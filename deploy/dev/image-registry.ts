import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

/** A file of a registry of images, as it is asked for. */
interface RegistryFile {
  readonly path: string
  readonly content: Buffer
  readonly mediaType: string
}

/** The name of the one image of the registry, and its tag. */
export const IMAGE = { name: 'lab', tag: '1' } as const

/** Make a registry with one image of an empty layer (OCI Distribution Specification 1.1 and Image Specification 1.1). */
export function makeRegistry(): readonly RegistryFile[] {
  // Two empty blocks are the end of an archive (tar(5)).
  const archive = Buffer.alloc(1024)
  const [layer, config] = [
    describe('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(archive)),
    describe('application/vnd.oci.image.config.v1+json', {
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(archive)] },
    }),
  ]
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = { schemaVersion: 2, mediaType, config: config.descriptor, layers: [layer.descriptor] }
  const below = `/v2/${IMAGE.name}`
  return [
    { path: '/v2/', content: Buffer.from('{}'), mediaType: 'application/json' },
    { path: `${below}/manifests/${IMAGE.tag}`, content: Buffer.from(JSON.stringify(manifest)), mediaType },
    ...[layer, config].map(({ content, descriptor }) => ({
      path: `${below}/blobs/${descriptor.digest}`,
      content,
      mediaType: 'application/octet-stream',
    })),
  ]
}

function describe(mediaType: string, value: Buffer | object) {
  const content = Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))
  return { content, descriptor: { mediaType, digest: digestOf(content), size: content.length } }
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/**
 * The TUF client as a program, for a conformance suite to drive (theupdateframework/tuf-conformance, "CLIENT-CLI"):
 *
 *   node tuf-conformance-client.ts --metadata-dir DIR init ROOT
 *   node tuf-conformance-client.ts --metadata-dir DIR --metadata-url URL refresh
 *   node tuf-conformance-client.ts --metadata-dir DIR --metadata-url URL --target-base-url URL --target-name NAME --target-dir DIR download
 *
 * It is the client of Cordon but for the way: it asks the suite's server on loopback directly.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DownloadHTTPError } from 'tuf-js/dist/error.js'
import { followTuf, type TufClient } from '../src/edge/tuf-client.ts'

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'metadata-dir': text,
    'metadata-url': text,
    'target-name': text,
    'target-base-url': text,
    'target-dir': text,
  },
})
const { 'metadata-dir': directory = '', 'metadata-url': url = '', 'target-name': name = '' } = values
const { 'target-base-url': targets = url, 'target-dir': into = '' } = values

async function follow(use: (client: TufClient) => Promise<unknown>): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'cordon-conformance-'))
  try {
    const names = await readdir(directory)
    const files = Object.fromEntries(
      await Promise.all(names.map(async one => [one, await readFile(join(directory, one))])),
    )
    const { result, files: kept } = await followTuf(
      {
        metadataAddress: url,
        targetsAddress: targets,
        files,
        initialRoot: files['initial-root'] ?? Buffer.alloc(0),
        scratch,
        fetch: async (address, maxBytes) => {
          const answer = await fetch(address)
          if (!answer.ok) throw new DownloadHTTPError('refused', answer.status)
          return Buffer.from(await answer.arrayBuffer()).subarray(0, maxBytes + 1)
        },
      },
      use,
    )
    for (const [one, content] of Object.entries(kept)) await writeFile(join(directory, one), content)
    if (result.type === 'failed') throw result.fault
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

switch (positionals[0]) {
  case 'init': {
    const root = await readFile(positionals[1] ?? '')
    await mkdir(directory, { recursive: true })
    for (const one of ['initial-root', 'root.json']) await writeFile(join(directory, one), root)
    break
  }
  case 'refresh':
    await follow(client => client.refresh())
    break
  case 'download':
    await follow(async client => {
      const { content } = await client.find(name, { content: true })
      if (content !== null) await writeFile(join(into, encodeURIComponent(name)), content)
    })
    break
  default:
    throw new Error('init, refresh or download')
}

import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import { type TargetFile, Updater } from 'tuf-js'
import { DownloadHTTPError, DownloadLengthMismatchError } from 'tuf-js/dist/error.js'
import type { TufTarget } from '../sources/index.ts'
import { explainTufError, readTrustedRoles, refuse } from '../verify/index.ts'

/** Trusted metadata by file name. `initial` is the hash of the root that it all began with. */
export type TufFiles = Readonly<Record<string, Buffer>>

export interface TufOptions {
  readonly metadataAddress: string
  readonly targetsAddress: string
  /** What is trusted already; empty at first. */
  readonly files: TufFiles
  /** The root that was given by hand. */
  readonly initialRoot: Buffer
  /** A private directory: tuf-js works on files. */
  readonly scratch: string
  /** Takes a document; throws `DownloadHTTPError` for a status that is no success. */
  fetch(address: string, maxBytes: number): Promise<Buffer>
}

/** What came of it. Files that were verified are trusted also where something later failed (TUF 5.3.8, 5.4.5). */
export interface TufOutcome<T> {
  readonly files: TufFiles
  readonly result: { readonly type: 'done'; readonly value: T } | { readonly type: 'failed'; readonly fault: Fault }
}

/**
 * Follow the TUF client workflow with tuf-js, through our own fetcher, on a copy of what is trusted.
 *
 * tuf-js writes its files one by one and not atomically, and judges expiry by the time at which it is made: so each
 * check makes a new one on a scratch copy, and the caller keeps all that came of it at once.
 */
export async function followTuf<T>(
  options: TufOptions,
  use: (client: TufClient) => Promise<T>,
): Promise<TufOutcome<T>> {
  const directory = await mkdtemp(join(options.scratch, 'tuf-'))
  try {
    const initial = createHash('sha256').update(options.initialRoot).digest()
    // Another root by hand: whoever put it there wants to begin anew.
    const isKnown = options.files['initial']?.equals(initial) === true
    const before = isKnown ? options.files : { initial, 'root.json': options.initialRoot }
    for (const [name, content] of Object.entries(before)) {
      if (name.endsWith('.json')) await writeFile(join(directory, name), content, { mode: 0o600 })
    }
    const result = await runClient(options, directory, use)
    return { files: { initial, ...(await readAll(directory)) }, result }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** The workflow as a source needs it. */
export interface TufClient {
  refresh(): Promise<void>
  find(target: string, wanted: { readonly content: boolean }): Promise<TufTarget>
}

async function runClient<T>(
  options: TufOptions,
  directory: string,
  use: (client: TufClient) => Promise<T>,
): Promise<TufOutcome<T>['result']> {
  let met: Fault | undefined
  const fetch = async (address: string, maxBytes: number): Promise<Buffer> => {
    const content = await options.fetch(address, maxBytes).catch(thrown => {
      if (thrown instanceof Fault) met = thrown
      throw thrown
    })
    if (content.length > maxBytes) throw new DownloadLengthMismatchError('more than allowed')
    return content
  }
  try {
    const updater = new Updater({
      metadataDir: directory,
      metadataBaseUrl: options.metadataAddress,
      targetDir: directory,
      targetBaseUrl: options.targetsAddress,
      fetcher: {
        downloadBytes: fetch,
        downloadFile: async (address, maxBytes, handle) => {
          const path = join(directory, 'target')
          await writeFile(path, await fetch(address, maxBytes), { mode: 0o600 })
          return await handle(path)
        },
      },
    })
    const client: TufClient = {
      refresh: () => updater.refresh(),
      find: async (name, wanted) => {
        const target = await updater.getTargetInfo(name)
        if (target === undefined) throw refuse('UPD_WRONG_PRODUCT', 'the repository has no such target')
        return await describeTarget(options, directory, updater, target, wanted.content)
      },
    }
    return { type: 'done', value: await use(client) }
  } catch (thrown) {
    // tuf-js turns what its fetcher throws into a text of its own; ours says more.
    if (thrown instanceof Fault) return { type: 'failed', fault: thrown }
    const isOurs = met !== undefined && !(thrown instanceof DownloadHTTPError)
    return { type: 'failed', fault: isOurs && met !== undefined ? met : explainTufError(thrown) }
  }
}

/** No document that names a version is larger. Arbitrary. */
const CONTENT_MAX_BYTES = 4_194_304

async function describeTarget(
  options: TufOptions,
  directory: string,
  updater: Updater,
  target: TargetFile,
  withContent: boolean,
): Promise<TufTarget> {
  const { authority, signedBy, expiresAtMs, isConsistent } = readTrustedRoles(await readAll(directory))
  if (withContent && target.length > CONTENT_MAX_BYTES)
    throw refuse('VIA_TOO_LARGE', 'the target is larger than allowed')
  const content = withContent ? await readFile(await updater.downloadTarget(target, join(directory, 'kept'))) : null
  const hash = Object.values(target.hashes)[0] ?? ''
  const path = isConsistent ? target.path.replace(/[^/]+$/, name => `${hash}.${name}`) : target.path
  return {
    bytes: target.length,
    sha256: target.hashes['sha256'] ?? null,
    custom: target.custom,
    expiresAtMs,
    signedBy,
    authority,
    content,
    address: `${options.targetsAddress.replace(/\/$/, '')}/${path}`,
  }
}

async function readAll(directory: string): Promise<Record<string, Buffer>> {
  const names = (await readdir(directory)).filter(name => name.endsWith('.json'))
  return Object.fromEntries(await Promise.all(names.map(async name => [name, await readFile(join(directory, name))])))
}

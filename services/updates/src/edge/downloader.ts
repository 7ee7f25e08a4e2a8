import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ProductView } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { planWait } from '@cordon/shared/runtime'
import { openPrivateDirectory, readFileBounded, writeFileAtomically } from '@cordon/shared/runtime/edge'
import type { CompleteProduct } from '../products/index.ts'
import type { DownloadPlan } from '../sources/index.ts'
import { readDetachedSignature, refuse } from '../verify/index.ts'
import { type CheckPlace, openWay, pinnedKeysOf } from './check-product.ts'
import { verifyFile } from './gpgv.ts'
import { toFault } from './host-fault.ts'
import { askFor, RefusedStatus, take } from './web-way.ts'

/** As often as Tails tries an upgrade; the last time from the fallback, if there is one. */
const TRIES = 6
/** Where nothing says how long a file is. A Tails image has 2 GB. Arbitrary. */
const UNKNOWN_MAX_BYTES = 8_000_000_000
const SIGNATURE_MAX_BYTES = 65_536
/** RFC 9110 section 15.5.17: the part here is as long as the file there, or longer. */
const RANGE_NOT_SATISFIABLE = 416

export interface DownloadOptions {
  readonly place: CheckPlace
  /** `quarantine/` and `verified/` are below it. */
  readonly directory: string
  readonly signal: AbortSignal
  /** Waits between tries. */
  readonly backOff: { readonly firstMs: number; readonly capMs: number }
  random(): number
  tell(download: NonNullable<ProductView['download']>): void
}

/** Where the part of a product's file lies until it is verified, below the directory of the update checks. */
export const quarantineOf = (directory: string, id: string): string => join(directory, 'quarantine', id)

/**
 * Fetch a file into quarantine, go on where an earlier try ended, and let it out only when its size, hash and signature
 * are what the signed metadata says. It is never executed, and never executable. Resolves with its path.
 */
export async function download(
  options: DownloadOptions,
  product: CompleteProduct,
  plan: DownloadPlan,
): Promise<string> {
  const quarantine = quarantineOf(options.directory, product.id)
  const verified = join(options.directory, 'verified', product.id)
  for (const path of [quarantine, verified]) await openPrivateDirectory(path)
  const part = join(quarantine, 'part')
  await keepOrDiscard(quarantine, part, plan)
  let met: Fault | undefined
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) {
      await wait(planWait(options.backOff, tried - 1, options.random()), undefined, { signal: options.signal })
    }
    const address = tried === TRIES - 1 && plan.fallback !== null ? plan.fallback : plan.address
    try {
      await fetchRest(options, product, plan, address, part)
      await verify(options, product, plan, part)
      const file = join(verified, nameOf(plan, product))
      await rename(part, file)
      return file
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      if (!mayGoOn(thrown)) await rm(part, { force: true })
      if (thrown.where === 'host') throw thrown // no better at the next try
      met = thrown
    }
  }
  throw met ?? refuse('UPD_MISMATCH', 'the download was not what it should be')
}

/** Whether what has come so far is of use. Of what is poisoned, the good part cannot be told from the rest. */
function mayGoOn(met: Fault): boolean {
  if (met.where === 'host') return met.code !== 'CFG_UNREADABLE' // a full disk is given back what it was filled with
  if (met instanceof RefusedStatus) return met.status !== RANGE_NOT_SATISFIABLE
  return met.code.startsWith('VIA_') && met.code !== 'VIA_TOO_LARGE'
}

/** A part of another file is of no use, and the beginning of a wrong one. */
async function keepOrDiscard(quarantine: string, part: string, plan: DownloadPlan): Promise<void> {
  const note = join(quarantine, 'plan.json')
  const wanted = JSON.stringify(plan)
  const known = await readFileBounded(note, 16_384)
  if (known?.toString('utf8') === wanted) return
  await rm(part, { force: true })
  await writeFileAtomically(note, wanted)
}

async function fetchRest(
  { place, signal, tell }: DownloadOptions,
  product: CompleteProduct,
  plan: DownloadPlan,
  address: string,
  part: string,
): Promise<void> {
  let bytes = (await stat(part).catch(() => undefined))?.size ?? 0
  const most = plan.bytes ?? UNKNOWN_MAX_BYTES
  if (plan.bytes !== null && bytes === plan.bytes) return
  if (bytes > most) throw refuse('UPD_MISMATCH', 'more has come than there should be')
  const { answer, close } = await askFor(openWay(place, product, signal), address, {
    maxBytes: most, // of a server that knows no ranges; of one that does, less is counted below
    from: bytes,
  })
  try {
    // A server that knows no ranges sends all of it.
    const isWhole = answer.status === 200
    if (isWhole && bytes > 0) bytes = 0
    const file = await open(part, isWhole ? 'w' : 'a', 0o600)
    try {
      for await (const chunk of answer.body) {
        bytes += chunk.length
        if (bytes > most) throw refuse('VIA_TOO_LARGE', 'more has come than there should be')
        await file.appendFile(chunk) // all of it; write(2) may take less when the disk is nearly full
        tell({ state: 'partial', bytes, of: plan.bytes, file: null, detail: null })
      }
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (thrown) {
    throw toFault(thrown, 'the download cannot be written')
  } finally {
    close()
  }
}

async function verify(
  { place, signal }: DownloadOptions,
  product: CompleteProduct,
  plan: DownloadPlan,
  part: string,
): Promise<void> {
  const { size } = await stat(part)
  if (plan.bytes !== null && size !== plan.bytes)
    throw refuse('UPD_MISMATCH', 'the file has another size than it should')
  if (plan.sha256 !== null && (await hashFile(part)) !== plan.sha256) {
    throw refuse('UPD_MISMATCH', 'the file has another hash than it should')
  }
  if (plan.signature === null) return
  const signature = await take(openWay(place, product, signal), plan.signature, SIGNATURE_MAX_BYTES)
  await verifyFile(pinnedKeysOf(product, place.scratch), part, readDetachedSignature(signature))
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** The last part of the address, if it is a plain name. */
function nameOf({ address }: DownloadPlan, { id }: CompleteProduct): string {
  const name = new URL(address).pathname.split('/').at(-1) ?? ''
  return /^[A-Za-z0-9_][A-Za-z0-9._+~-]{0,200}$/.test(name) ? name : id
}

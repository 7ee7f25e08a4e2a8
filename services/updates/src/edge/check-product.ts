import { isSigned } from '@cordon/shared/contracts'
import type { Fault } from '@cordon/shared/errors'
import { readFileBounded } from '@cordon/shared/runtime/edge'
import { freshCredentials } from '@cordon/shared/through-tor/edge'
import { DownloadHTTPError } from 'tuf-js/dist/error.js'
import { type CompleteProduct, listAddresses } from '../products/index.ts'
import { SOURCES, type SourceTools } from '../sources/index.ts'
import { acceptFinding, noteFailure, type ProductMemory } from '../verdict/index.ts'
import { refuse } from '../verify/index.ts'
import { verifyDocument } from './gpgv.ts'
import { toFault } from './host-fault.ts'
import { scanBody } from './scan.ts'
import { followTuf, type TufFiles } from './tuf-client.ts'
import { askFor, type Pace, RefusedStatus, take, type WebWay } from './web-way.ts'

/** What a check needs of this machine. */
export interface CheckPlace {
  readonly appSocket: string
  readonly authorities: readonly string[]
  /** A private directory for what lasts no longer than a check. */
  readonly scratch: string
  readonly pace: Pace
}

/** What came of a check: what is remembered from now on, and why it failed, if it did. */
export interface CheckOutcome {
  readonly memory: ProductMemory
  readonly fault: Fault | undefined
}

/** Faults after which another address of the same product may do. Those of what a source says are not among them. */
const OTHER_WAY = /^VIA_|^UPD_REFUSED$/

/**
 * Check one product: ask its source, each address under an identity that nothing else has had or will have, verify
 * what comes, and hold it against what was seen before. Nothing is written here.
 */
export async function checkProduct(
  place: CheckPlace,
  product: CompleteProduct,
  memory: ProductMemory,
  { nowMs, signal }: { nowMs: number; signal: AbortSignal },
): Promise<CheckOutcome> {
  let [tuf, fault]: [ProductMemory['tuf'], Fault | undefined] = [memory.tuf, undefined]
  for (const address of listAddresses(product)) {
    const asked = address === undefined ? product : { ...product, settings: { ...product.settings, address } }
    const way = openWay(place, asked, signal)
    const keepTuf = (files: TufFiles): void => {
      tuf = Object.fromEntries(Object.entries(files).map(([name, content]) => [name, content.toString('base64')]))
    }
    try {
      const tools = openTools(place, asked, way, { nowMs, tuf, keepTuf })
      const finding = await SOURCES[asked.settings.kind](asked, tools)
      return { memory: { ...acceptFinding(product, memory, finding, nowMs), tuf }, fault: undefined }
    } catch (thrown) {
      fault = toFault(thrown, 'what came cannot be kept')
      if (!OTHER_WAY.test(fault.code)) break
    }
  }
  if (fault === undefined) return { memory, fault }
  return { memory: { ...noteFailure(memory, fault, nowMs), tuf }, fault }
}

/** Open a way of its own: new credentials, so new circuits. */
export function openWay(place: CheckPlace, { settings }: CompleteProduct, signal: AbortSignal): WebWay {
  return {
    appSocket: place.appSocket,
    authorities: place.authorities,
    credentials: freshCredentials(),
    allowClear: isSigned(settings) || settings.unsigned === true,
    pace: place.pace,
    signal,
  }
}

/** Name the keys that may sign for a product. */
export const pinnedKeysOf = (product: CompleteProduct, scratch: string) => ({
  fingerprints: product.settings.keys ?? [],
  keyring: product.keyring,
  scratch,
})

const ROOT_MAX_BYTES = 512_000 // as tuf-js takes them

interface ToolsState {
  readonly nowMs: number
  readonly tuf: ProductMemory['tuf']
  keepTuf(files: TufFiles): void
}

function openTools(place: CheckPlace, product: CompleteProduct, way: WebWay, state: ToolsState): SourceTools {
  const { address = '', targets, root = '', target = '' } = product.settings
  return {
    nowMs: state.nowMs,
    fetch: (where, maxBytes) => take(way, where, maxBytes),
    scan: async (where, options, show) => {
      const { answer, close } = await askFor(way, where, { maxBytes: options.maxBytes })
      try {
        return await scanBody(answer.body, options, show)
      } finally {
        close()
      }
    },
    verifyOpenPgp: (document, signature) => verifyDocument(pinnedKeysOf(product, place.scratch), document, signature),
    findTufTarget: async wanted => {
      const initialRoot = await readFileBounded(root, ROOT_MAX_BYTES)
      if (initialRoot === undefined) {
        throw refuse('UPD_KEY_MISSING', `there is no root ${root}`, { next: `Put the project's root.json there.` })
      }
      const files = Object.fromEntries(
        Object.entries(state.tuf).map(([name, text]) => [name, Buffer.from(text, 'base64')]),
      )
      const options = {
        metadataAddress: address,
        targetsAddress: targets ?? `${address.replace(/\/[^/]*\/?$/, '')}/targets`,
        files,
        initialRoot,
        scratch: place.scratch,
        fetch: (where: string, maxBytes: number) => take(way, where, maxBytes).catch(toTufError),
      }
      const outcome = await followTuf(options, client => client.find(target, wanted))
      state.keepTuf(outcome.files)
      if (outcome.result.type === 'failed') throw outcome.result.fault
      return outcome.result.value
    },
  }
}

/** tuf-js tells the end of the roots by the status, which it knows by its own class alone. */
function toTufError(thrown: unknown): never {
  throw thrown instanceof RefusedStatus ? new DownloadHTTPError('refused', thrown.status) : thrown
}

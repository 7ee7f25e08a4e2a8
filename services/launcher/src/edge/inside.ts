/**
 * Inside: the process that lays the namespaces of a confined program, hands their sockets out, and becomes the program.
 *
 * It has every capability over its namespaces and none outside. It speaks over Node's IPC channel, and ends with it.
 */
import { writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { explain } from '@cordon/shared/errors'
import type { FromInside, LayingStep, Outfit, ToInside } from '../confine/inside-message.ts'
import { planMounts } from '../confine/mounts.ts'
import { planChain } from '../confine/program-chain.ts'
import { handOutSockets } from './hand-out-sockets.ts'
import { layMounts } from './lay-mounts.ts'
import { layNetwork } from './lay-network.ts'
import { copyDescriptor, keepOnExec, openInheritedMemory } from './system-calls.ts'

const say = (message: FromInside): void => {
  process.send?.(message)
}

const STANDARD_ERROR = 2

let outfit: Outfit | undefined
let chain: readonly string[] = []

async function lay(wanted: Outfit): Promise<void> {
  let step: LayingStep = 'devices'
  try {
    const ipv6 = layNetwork(wanted, next => {
      step = next
    })
    step = 'mounts'
    const made = layMounts(wanted)
    step = 'sockets'
    await handOutSockets({ ...wanted.network, ipv6 }, wanted.relayedPorts)
    step = 'program'
    const files = made.files.map(({ path, content }) => ({ path, descriptor: holdInMemory(content) }))
    const args = planMounts(wanted.mounts, { sysfs: made.sysfs, files })
    const descriptors = {
      args: holdInMemory(args.map(arg => `${arg}\0`).join('')),
      filter: holdInMemory(Buffer.from(wanted.filter, 'base64')),
      status: wanted.descriptors.status,
    }
    const { programs, command, defaultSignals, mounts } = wanted
    chain = planChain(programs, descriptors, { command, defaultSignals, isRoot: mounts.uid === 0 })
    outfit = wanted
    say({ type: 'laid' })
  } catch (thrown) {
    say({ type: 'failed', step, said: explain(thrown) })
  }
}

/** Put bytes where bwrap reads them: files in memory, since nothing of it may lie on a disk. */
function holdInMemory(content: string | Uint8Array): number {
  const writer = openInheritedMemory()
  const bytes = Buffer.from(content)
  // A position leaves the file's own at 0, where the reader starts.
  for (let at = 0; at < bytes.length; ) at += writeSync(writer, bytes, at, bytes.length - at, at)
  return writer
}

function become(): void {
  const [program = ''] = chain
  if (outfit === undefined) return
  process.removeAllListeners('disconnect')
  flushCompileCache() // Node keeps compiled sources at an orderly end only, and this is none
  keepOnExec(outfit.descriptors.status)
  // Until here what is said on standard error goes to the launcher, which tells it in one line.
  copyDescriptor(outfit.descriptors.standardError, STANDARD_ERROR)
  process.execve?.(program, [...chain], { ...outfit.env })
}

process.on('message', (message: ToInside) => {
  if (message.type === 'lay') void lay(message.outfit)
  else become()
})
process.on('disconnect', () => process.exit(1))

/**
 * Inside: the process that lays the namespaces of a confined program, hands their sockets out, and becomes the program.
 *
 * It has every capability over its namespaces and none outside. It speaks over Node's IPC channel, and ends with it.
 */
import { existsSync, writeSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { inheritNothing } from '@cordon/shared/runtime/edge/system-calls'
import type { FromInside, LayingStep, Outfit, ToInside } from '../confine/inside-message.ts'
import { planMounts } from '../confine/mounts.ts'
import { planChain } from '../confine/program-chain.ts'
import { handOutSockets } from './hand-out-sockets.ts'
import { layMounts } from './lay-mounts.ts'
import { layDevices, layRules } from './lay-network.ts'
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
    // Missing with ipv6.disable=1, and then no line about IPv6 is understood.
    const network = { ...wanted.network, ipv6: wanted.network.ipv6 && existsSync('/proc/self/net/if_inet6') }
    // Both are laid at once, and heard in their order: what refuses the first refuses the second too.
    const rules = layRules(wanted.programs, network)
    rules.catch(() => {}) // heard below
    await layDevices(wanted.programs, network)
    step = 'rules'
    await rules
    step = 'mounts'
    const made = layMounts(wanted)
    step = 'sockets'
    await handOutSockets(network)
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
    const { explain } = await import('@cordon/shared/errors')
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

// What a shell left open could be a socket of the host's network: it would work inside. The program gets no descriptor
// but those that we name.
inheritNothing()
process.on('message', (message: ToInside) => {
  if (message.type === 'lay') void lay(message.outfit)
  else become()
})
process.on('disconnect', () => process.exit(1))

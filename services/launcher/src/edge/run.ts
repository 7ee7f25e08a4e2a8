import { INNER } from '../confine/inner-network.ts'
import { alreadyConfined } from '../confine/refusal.ts'
import type { RunRequest } from '../confine/run-request.ts'
import { explainFailure, refusesUserNamespaces } from '../confine/setup-failure.ts'
import { ConfinedProcess, SetupFailed } from './confined-process.ts'
import { locateTools, readKernelFile, readNamespaceSwitches } from './host.ts'

/** Run a program confined to its app, and return the exit status that the command ends with. */
export async function run(request: RunRequest): Promise<number> {
  if (isConfined()) throw alreadyConfined()
  const tools = locateTools()
  const userNamespace = mayMakeUserNamespaces()
  // It starts while we load and find out the rest; until it is told to, it does nothing, and it ends with us.
  const confined = new ConfinedProcess(tools, userNamespace)
  try {
    const { conductRun } = await import('./conduct-run.ts')
    return await conductRun(request, { confined, tools, userNamespace })
  } catch (thrown) {
    await confined.kill()
    if (thrown instanceof SetupFailed) throw explainFailure(thrown.step, thrown.said, readNamespaceSwitches())
    throw thrown
  }
}

/** The decoy of a confined program's network is nobody else's device. */
const isConfined = (): boolean =>
  new RegExp(`^ *${INNER.decoy.device}:`, 'm').test(readKernelFile('/proc/self/net/dev') ?? '')

/** Root can do without a user namespace, where there are none. */
const mayMakeUserNamespaces = (): boolean => process.getuid?.() !== 0 || !refusesUserNamespaces(readNamespaceSwitches())

import type { LabMessage } from '@cordon/shared/contracts'
import { Fault, type FaultCode, systemCode } from '@cordon/shared/errors'
import { type DirectoryLock, lockDirectory, openPrivateDirectory } from '@cordon/shared/runtime/edge'
import { type Place, socketPath } from '../options.ts'
import { searchPath } from '../programs.ts'
import { explainRefusal } from '../refusal.ts'
import { openDescriptionSocket, share } from './description-socket.ts'
import { findPrograms } from './find-programs.ts'
import { type Namespace, openNamespace } from './namespace.ts'
import { checkNetworkIsEmpty, readNamespaceFacts } from './namespace-facts.ts'

/** A lab that this process owns. */
export interface OwnedLab {
  /** Settles when the lab has ended: as asked, or with the Fault that ended it. */
  readonly ended: Promise<void>
  /** End the lab; `ended` follows when nothing of it is left. */
  readonly stop: () => void
}

/** Start a lab in the directory of `place` and tell `say` how it goes. One lab at a time has the directory. */
export async function ownLab(place: Place, say: (message: LabMessage) => void): Promise<OwnedLab> {
  const { PATH } = process.env
  const programs = findPrograms(searchPath(PATH))
  const { directory, here } = place
  if (here) checkNetworkIsEmpty()
  const lock = await takeDirectory(directory)
  const namespace = openNamespace(programs, directory, here)
  let stopping = false
  return {
    ended: follow(namespace, place, say)
      .catch(thrown => {
        if (!stopping) throw thrown
      })
      .finally(() => lock.release()),
    stop() {
      stopping = true
      void namespace.close()
    },
  }
}

/** Pass the messages on until the namespaces end, then clear away and throw what ended them. */
async function follow(namespace: Namespace, place: Place, say: (message: LabMessage) => void): Promise<never> {
  let entered = false
  let fault: Fault | undefined
  let closeSocket = async (): Promise<void> => {}
  try {
    for await (const message of namespace.messages) {
      if (message.type === 'entered') entered = true
      else if (message.type === 'progress') say(message)
      else if (message.type === 'failed') fault = failure(message.code, message.message, message.next)
      else {
        const description = await share(place, { pid: namespace.pid, ...message.description })
        closeSocket = await openDescriptionSocket(place, description)
        say({ type: 'ready', description })
      }
    }
  } finally {
    await Promise.all([namespace.close(), closeSocket()])
  }
  const said = await namespace.ended
  if (!entered) throw noNamespaces(said)
  throw fault ?? failure('LAB_FAILED', `the lab ended: ${said.trim() || 'somebody killed it'}`, 'Start it again.')
}

/** Make the directory ours and take its lock, which goes with this process at the latest. */
async function takeDirectory(directory: string): Promise<DirectoryLock> {
  try {
    await openPrivateDirectory(directory)
    return await lockDirectory(directory)
  } catch (cause) {
    if (systemCode(cause) === 'HOST_ALREADY_RUNNING')
      throw new Fault('LAB_ALREADY_RUNNING', `a lab already runs in ${directory}`, {
        where: 'host',
        retry: 'never',
        next: `Join it through ${socketPath(directory)}, stop it, or name another directory with --dir.`,
        cause,
      })
    throw new Fault('LAB_DIRECTORY_UNUSABLE', `the lab cannot use ${directory}`, {
      where: 'host',
      retry: 'never',
      next: 'Name a directory of your own with --dir.',
      cause,
    })
  }
}

function noNamespaces(said: string): Fault {
  const { message, next } = explainRefusal(readNamespaceFacts(said))
  return new Fault('LAB_NO_NAMESPACES', message, { where: 'host', retry: 'never', next })
}

const failure = (code: FaultCode, message: string, next: string): Fault =>
  new Fault(code, message, { where: 'local', retry: 'after-waiting', next })

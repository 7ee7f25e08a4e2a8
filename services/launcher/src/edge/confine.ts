import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import { readHomeDirectory } from '@cordon/shared/runtime/edge/home-directory'
import { readWorkingDirectory } from '@cordon/shared/runtime/edge/working-directory'
import { checkCommand, locateProgram } from '../confine/command.ts'
import { planEnvironment } from '../confine/environment.ts'
import type { Outfit } from '../confine/inside-message.ts'
import {
  DAEMON_DIRECTORIES,
  isDesktopDevice,
  isEmptied,
  type LetIn,
  listDesktop,
  type MountWishes,
} from '../confine/mounts.ts'
import { NAME_SERVICE_FILES } from '../confine/name-service.ts'
import { isBelow } from '../confine/path-below.ts'
import { commandMissing, machineUnknown, pathMissing } from '../confine/refusal.ts'
import type { RunRequest } from '../confine/run-request.ts'
import { writeFilter } from '../confine/seccomp/filter.ts'
import { encodeProgram } from '../confine/seccomp/instruction.ts'
import { isKnownMachine, MACHINES } from '../confine/seccomp/machine.ts'
import { chooseDefaultSignals } from '../confine/signals.ts'
import type { Tools } from '../confine/tools.ts'
import { INHERITED } from './confined-process.ts'
import { isDirectory, isProgram, listListeningSockets, readKernelFile, realPath } from './host.ts'

/** What is to be started, how, and where Cordon lives. */
export interface ConfineWishes {
  readonly request: RunRequest
  readonly layout: RuntimeLayout
  readonly tools: Tools
  readonly userNamespace: boolean
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Directories of the app's own below the state directory. */
  readonly ownDirectories: readonly string[]
  readonly privateHome: string | undefined
  /** The socket of a filtered session bus, or undefined for none. */
  readonly bus: string | undefined
}

/** Gather from this machine what a confined program needs besides its network, or throw a Fault before anything is started. */
export function prepareOutfit(wishes: ConfineWishes): Omit<Outfit, 'network'> {
  const { request, tools, bus } = wishes
  const uid = process.getuid?.() ?? 0
  if (!isKnownMachine(process.arch)) throw machineUnknown(process.arch)
  const mounts = prepareMounts(wishes, uid)
  const env = planEnvironment({ env: process.env, uid, x11: request.x11, bus: bus !== undefined, set: wishes.env })
  return {
    mounts,
    programs: tools,
    nameServiceFiles: NAME_SERVICE_FILES.flatMap(({ path, content }) => {
      const real = realPath(path)
      return real === undefined ? [] : [{ path, realPath: real, content }]
    }),
    filter: encodeProgram(writeFilter(MACHINES[process.arch])).toString('base64'),
    command: prepareCommand(wishes.command, env, mounts),
    env,
    defaultSignals: chooseDefaultSignals(readKernelFile('/proc/self/status') ?? ''),
    descriptors: INHERITED,
  }
}

/** Check the command and find its program, as the confined program's own PATH has it. */
function prepareCommand(
  command: readonly string[],
  { PATH = '/usr/local/bin:/usr/bin:/bin' }: Readonly<Record<string, string>>,
  { workingDirectory, hiddenDirectories, ownDirectories, letIn }: MountWishes,
): readonly string[] {
  checkCommand(command)
  const [program = '', ...args] = command
  const path = locateProgram(program, PATH, { workingDirectory, isProgram })
  const real = path === undefined ? undefined : realPath(path)
  if (path === undefined || real === undefined) throw commandMissing(program)
  const seen = [...ownDirectories, ...letIn.map(({ to }) => to)]
  const isSeen = seen.some(directory => isBelow(real, directory))
  if (!isSeen && (isEmptied(real) || hiddenDirectories.some(directory => isBelow(real, directory)))) {
    throw commandMissing(program, 'hidden')
  }
  return [path, ...args]
}

function prepareMounts(wishes: ConfineWishes, uid: number): MountWishes {
  const { request, layout, userNamespace, ownDirectories, privateHome, bus } = wishes
  const real = (path: string): readonly string[] => {
    const found = realPath(path)
    return found === undefined ? [] : [found]
  }
  const home = realPath(readHomeDirectory()) ?? '/'
  const workingDirectory = readWorkingDirectory() ?? home
  const exists = (path: string): boolean => realPath(path) !== undefined
  const find = (option: string, paths: readonly string[]): readonly string[] =>
    paths.map(path => {
      const found = resolve(workingDirectory, path)
      if (!exists(found)) throw pathMissing(option, path)
      return found
    })
  const hidden = find('--hide', request.hiddenPaths).flatMap(real)
  const { CORDON_LAB_DIR } = process.env
  const own = [request.stateDirectory, layout.directory, ...(CORDON_LAB_DIR === undefined ? [] : [CORDON_LAB_DIR])]
  const busInside: LetIn | undefined =
    bus === undefined ? undefined : { from: bus, to: `/run/user/${uid}/bus`, readOnly: false }
  const desktop = listDesktop({ env: process.env, uid, x11: request.x11, audio: request.audio, exists })
  const shared = find('--share', request.sharedPaths).map(path => ({ from: path, to: path, readOnly: false }))
  const letIn = [...desktop, ...shared, ...(busInside === undefined ? [] : [busInside])]
  return {
    userNamespace,
    uid,
    home,
    workingDirectory,
    letIn,
    hiddenDirectories: [...DAEMON_DIRECTORIES, ...own].flatMap(real).concat(hidden.filter(isDirectory)),
    hiddenFiles: [
      ...hidden.filter(path => !isDirectory(path)),
      ...listListeningSockets().filter(path => !letIn.some(({ from }) => from === path)),
    ],
    ownDirectories: ownDirectories.flatMap(real),
    devices: readdirSync('/dev').filter(name => isDesktopDevice(name, { uid, audio: request.audio })),
    privateHome,
  }
}

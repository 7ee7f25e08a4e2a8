import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { layOutRuntime, PART_NAMES, type PartName } from '@cordon/shared/contracts'
import { explain, Fault, internal } from '@cordon/shared/errors'
import {
  checkUnixPath,
  openPrivateDirectory,
  openSocketDirectory,
  readConfiguration,
  writeFileAtomically,
} from '@cordon/shared/runtime/edge'
import { type Directories, EXIT, type ExitStatus, usage } from '../cli/index.ts'
import { formatRedisConfiguration } from '../redis/index.ts'
import type { Instance } from './instance.ts'
import { findLab, readLabDescription } from './lab-part.ts'
import { OWN_PARTS, type OwnPart } from './own-parts.ts'
import { askPart } from './part-health.ts'
import { prepareTor } from './prepare-tor.ts'
import { findRedis } from './redis-part.ts'
import { requireSource } from './source-program.ts'
import type { Terminal } from './terminal.ts'

/** What a part that becomes another program may know of our environment: PATH, and its service manager. */
const PASSED_ON = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'NODE_COMPILE_CACHE'] as const

/** What to become. */
export interface BecomeOptions {
  readonly labDir?: string
  /** A lab that is taken if it answers there. tor must know: it is in a lab's network or on that of the world. */
  readonly labIfAny?: string
  /** Only ask whether it is well. */
  readonly check?: boolean
  /** Only write its configuration, once its program has found it valid. */
  readonly prepare?: boolean
}

/**
 * Become one part in system mode: write its configuration, then be its program (execve(2)), with the same process id.
 *
 * With `check` it is asked how it is instead, for whoever restarts what is not well. With `prepare` nothing is started:
 * who is about to tell a running program to read its configuration again knows by then that it can.
 */
export async function becomePart(
  name: string,
  { labDir, labIfAny, check = false, prepare = false }: BecomeOptions,
  directories: Directories,
  terminal: Terminal,
): Promise<ExitStatus> {
  if (name === 'tor' && labIfAny !== undefined) throw usage('tor takes --lab-dir: its network is chosen, not found')
  const instance = await readInstance(directories, labDir ?? (await findLab(labIfAny)))
  if (check) return await checkPart(name, instance, terminal)
  const become = Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name as PartName] : undefined
  if (become === undefined)
    throw usage(`there is no such part to become; there are ${Object.keys(PROGRAMS).join(', ')}`)
  const [program = '', ...args] = await become(instance)
  if (prepare) return EXIT.done
  process.execve?.(program, [program, ...args], environment())
  throw internal('this Node cannot become another program')
}

/** What each part's program and arguments are. */
const PROGRAMS: Readonly<Partial<Record<PartName, (instance: Instance) => Promise<readonly string[]>>>> = {
  tor: prepareTorCommand,
  redis: prepareRedisCommand,
  ...Object.fromEntries(OWN_PARTS.map(part => [part.name, (instance: Instance) => prepareOwnCommand(part, instance)])),
}

async function prepareOwnCommand({ title, entry, more }: OwnPart, instance: Instance): Promise<readonly string[]> {
  const program = fileURLToPath(new URL(`../../../../${entry}`, import.meta.url))
  await requireSource(program, title)
  const { configurationFile, stateDirectory, layout } = instance
  await openPrivateDirectory(stateDirectory)
  return [
    ...[process.execPath, program, '--config', configurationFile, '--state-dir', stateDirectory],
    ...['--runtime-dir', layout.directory, '--access', layout.access, ...more(instance)],
  ]
}

async function prepareTorCommand(instance: Instance): Promise<readonly string[]> {
  // Nobody here to end with: who started us ends us.
  const { program, args } = await prepareTor(instance, undefined)
  return [program, ...args]
}

async function prepareRedisCommand({ layout, stateDirectory }: Instance): Promise<readonly string[]> {
  checkUnixPath(layout.redisSocket)
  await openSocketDirectory(layout, layout.redisDirectory)
  await openPrivateDirectory(stateDirectory)
  const path = join(stateDirectory, 'redis.conf')
  const { access, redisSocket: socket } = layout
  await writeFileAtomically(path, formatRedisConfiguration({ directory: stateDirectory, socket, access }))
  return [await findRedis(stateDirectory), path]
}

async function readInstance(directories: Directories, labDirectory: string | undefined): Promise<Instance> {
  const { configurationFile, stateDirectory, runtimeDirectory } = directories
  return {
    configurationFile,
    stateDirectory,
    layout: layOutRuntime(runtimeDirectory, 'group'),
    labDirectory,
    // The file of a system belongs to its administrator, and may be missing as a user's may.
    configuration: await readConfiguration(configurationFile, false),
    lab: labDirectory === undefined ? undefined : await readLabDescription(labDirectory),
  }
}

async function checkPart(name: string, { layout }: Instance, terminal: Terminal): Promise<ExitStatus> {
  const part = PART_NAMES.find(one => one === name)
  if (part === undefined) throw usage(`there is no such part; there are ${PART_NAMES.join(', ')}`)
  const found = await askPart(part, layout).catch((cause: unknown) => {
    throw new Fault('SUP_PART_FAILED', `${part} does not answer: ${explain(cause)}`, {
      where: 'local',
      retry: 'after-waiting',
      next: 'See what its service or container wrote.',
      cause,
    })
  })
  terminal.result(found, `${part}: ${found.type}\n`)
  return found.type === 'ready' ? EXIT.done : EXIT.notReady
}

function environment(): NodeJS.ProcessEnv {
  const passed = PASSED_ON.flatMap(name => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LANG: 'C.UTF-8', ...Object.fromEntries(passed) }
}

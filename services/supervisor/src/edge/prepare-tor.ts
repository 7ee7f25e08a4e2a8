import { rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import {
  checkUnixPath,
  openPrivateDirectory,
  openSocketDirectory,
  readFileBounded,
  writeFileAtomically,
} from '@cordon/shared/runtime/edge'
import {
  chooseBridges,
  formatBridges,
  formatTorrc,
  formatUpstreamProxy,
  listTransportPrograms,
  type ProxyCredentials,
  parseProxyCredentials,
  type TransportProgram,
} from '../tor/index.ts'
import { isProgram } from './child.ts'
import type { Instance } from './instance.ts'
import { findProgram, findTor, verifyTorrc } from './tor-program.ts'

/** Thousands of bridges. Arbitrary. */
const MAX_TORRC_BYTES = 1_048_576

/** A tor that may be started: its program and arguments. */
export interface PreparedTor {
  readonly program: string
  readonly args: readonly string[]
  readonly directory: string
  /** Whether a tor that runs has something new to read. */
  readonly changed: boolean
}

/** Where a person's own lines for torrc stand: where the configuration says, or beside it. */
export function locateAdditions({ configuration, configurationFile }: Instance): string {
  return configuration.tor?.additions ?? join(dirname(configurationFile), 'torrc')
}

/** Make the directories, write the torrc, and let tor verify it. `ownerPid` is the process that tor is to end with. */
export async function prepareTor(instance: Instance, ownerPid: number | undefined): Promise<PreparedTor> {
  const { layout, configuration, lab, stateDirectory } = instance
  const { tor = {} } = configuration
  const program = await findTor(tor.program)
  for (const path of [layout.torControlSocket, layout.torSocksSocket, layout.torSocksShortSocket]) checkUnixPath(path)
  const directory = join(stateDirectory, 'tor')
  // Guards and consensus of the lab must never meet those of the Tor network.
  const dataDirectory = lab === undefined ? join(directory, 'data') : join(stateDirectory, 'lab', 'tor-data')
  await openSocketDirectory(layout, layout.torDirectory)
  for (const path of [directory, dataDirectory]) await openPrivateDirectory(path)

  const inLab = lab !== undefined
  const bridges = chooseBridges(tor.bridges?.lines ?? [], inLab)
  const text = formatTorrc({
    layout,
    dataDirectory,
    ownerPid,
    bridgeLines: formatBridges(bridges, findTransports(bridges, tor.bridges)),
    proxyLines: formatUpstreamProxy(tor.upstreamProxy, await readCredentials(tor.upstreamProxyCredentialsFile), inLab),
    lab,
  })
  const source = locateAdditions(instance)
  const additions = (await readFileBounded(source, MAX_TORRC_BYTES))?.toString('utf8')
  if (additions === undefined && tor.additions !== undefined) throw missingAdditions(source)

  // A running tor ends when it reads what it finds invalid, so it reads copies, and those only hold what was verified.
  const own = await draftFile(join(directory, 'cordon.torrc'), text)
  const theirs = await draftFile(join(directory, 'additions.torrc'), additions ?? '')
  // tor reads a file of the distribution as defaults unless it is given another one.
  const name = (ours: string, defaults: string): readonly string[] => ['--defaults-torrc', defaults, '-f', ours]
  await verifyTorrc(program, name(own.draft, theirs.draft), { path: source, text: additions ?? '' })
  for (const { draft, path } of [theirs, own]) await rename(draft, path)
  return { program, args: name(own.path, theirs.path), directory, changed: own.changed || theirs.changed }
}

/** Write what is to stand at `path` beside it, and tell whether it differs from what stands there. */
async function draftFile(path: string, text: string): Promise<{ path: string; draft: string; changed: boolean }> {
  const draft = `${path}.draft`
  await writeFileAtomically(draft, text)
  const live = await readFileBounded(path, MAX_TORRC_BYTES)
  return { path, draft, changed: live?.toString('utf8') !== text }
}

const missingAdditions = (path: string): Fault =>
  new Fault('CFG_UNREADABLE', `${path}, named by tor.additions, is not there`, {
    where: 'host',
    retry: 'never',
    next: 'Write it, or take tor.additions out of the configuration.',
  })

function findTransports(
  lines: readonly string[],
  settings: Partial<Record<TransportProgram['setting'], string>> | undefined,
): ReadonlyMap<TransportProgram['setting'], string> {
  return new Map(
    listTransportPrograms(lines).map(wanted => {
      const named = settings?.[wanted.setting]
      const path = named ?? findProgram(wanted.program)
      if (path !== undefined && isProgram(path)) return [wanted.setting, path] as const
      throw new Fault('TOR_TRANSPORT_MISSING', `${named ?? wanted.program}, which the bridges need, is not there`, {
        where: 'host',
        retry: 'never',
        next: `Install it with \`apt install ${wanted.package}\`, or name it with tor.bridges.${wanted.setting}.`,
      })
    }),
  )
}

async function readCredentials(path: string | undefined): Promise<ProxyCredentials | undefined> {
  if (path === undefined) return undefined
  const text = await readFileBounded(path, 4096)
  const mode = text === undefined ? 0o777 : (await stat(path)).mode
  if (text !== undefined && (mode & 0o077) === 0) return parseProxyCredentials(text.toString('utf8'))
  throw new Fault('TOR_PROXY_CREDENTIALS', `${path} is ${text === undefined ? 'not there' : 'open to other users'}`, {
    where: 'host',
    retry: 'never',
    next: 'Write two lines, user name and password, and give the file mode 0600.',
  })
}

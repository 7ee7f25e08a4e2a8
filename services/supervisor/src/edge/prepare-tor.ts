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

/** A tor that may be started: its program and arguments. */
export interface PreparedTor {
  readonly program: string
  readonly args: readonly string[]
  readonly directory: string
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
  const torrc = join(directory, 'cordon.torrc')
  const text = formatTorrc({
    layout,
    dataDirectory,
    ownerPid,
    bridgeLines: formatBridges(bridges, findTransports(bridges, tor.bridges)),
    proxyLines: formatUpstreamProxy(tor.upstreamProxy, await readCredentials(tor.upstreamProxyCredentialsFile), inLab),
    lab,
  })
  // A running tor may read the file at any time, so only what tor itself has found valid ever stands there.
  const draft = join(directory, 'draft.torrc')
  await writeFileAtomically(draft, text)

  const additions = tor.additions ?? join(dirname(instance.configurationFile), 'torrc')
  const found = (await readFileBounded(additions, 1_048_576)) !== undefined
  if (!found && tor.additions !== undefined) throw missingAdditions(additions)
  // tor reads a file of the distribution as defaults unless it is given another one.
  const defaults = ['--defaults-torrc', found ? additions : '/dev/null']
  await verifyTorrc(program, [...defaults, '-f', draft], additions)
  await rename(draft, torrc)
  return { program, args: [...defaults, '-f', torrc], directory }
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

import { Fault, internal } from '@cordon/shared/errors'
import { isLabAddress } from './reachable-in-lab.ts'
import { quotePath } from './torrc-value.ts'

/** A program that disguises traffic to bridges (pluggable transport), and which transports it speaks. */
export interface TransportProgram {
  /** Its key in the configuration. */
  readonly setting: 'obfs4proxy' | 'snowflakeClient'
  /** Its name in the distribution. */
  readonly program: string
  readonly package: string
  readonly transports: readonly string[]
}

export const TRANSPORT_PROGRAMS: readonly TransportProgram[] = [
  { setting: 'obfs4proxy', program: 'obfs4proxy', package: 'obfs4proxy', transports: ['obfs4', 'obfs3', 'meek_lite'] },
  { setting: 'snowflakeClient', program: 'snowflake-client', package: 'snowflake-client', transports: ['snowflake'] },
]

/** Name the transport of a bridge line, or undefined for a bridge that is reached as any relay (torrc, Bridge). */
export function transportOf(line: string): string | undefined {
  const [first = ''] = bridgeWords(line)
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(first) ? first : undefined
}

/** The word "Bridge" in front is how bridges are handed out, and no part of the value. */
const bridgeWords = (line: string): string[] => {
  return line
    .trim()
    .replace(/^bridge\s+/i, '')
    .split(/\s+/)
}

/** Keep the bridge lines that this network can reach: inside the lab only its own relays. */
export function chooseBridges(lines: readonly string[], inLab: boolean): readonly string[] {
  const hostOf = (line: string): string =>
    bridgeWords(line)
      .join(' ')
      .replace(/:[0-9]+( .*)?$/, '')
  return inLab ? lines.filter(line => isLabAddress(hostOf(line))) : lines
}

/** List the programs that `lines` need, each once. A transport that no program speaks is a Fault. */
export function listTransportPrograms(lines: readonly string[]): readonly TransportProgram[] {
  const needed = new Set<TransportProgram>()
  for (const transport of lines.flatMap(line => transportOf(line) ?? [])) {
    const program = TRANSPORT_PROGRAMS.find(({ transports }) => transports.includes(transport))
    if (program === undefined) {
      throw new Fault('TOR_TRANSPORT_MISSING', `no known program speaks the bridge transport ${transport}`, {
        where: 'host',
        retry: 'never',
        next: `Use bridges of ${TRANSPORT_PROGRAMS.flatMap(({ transports }) => transports).join(', ')}.`,
      })
    }
    needed.add(program)
  }
  return [...needed]
}

/**
 * Format the torrc lines for bridges, empty where there are none.
 *
 * `programs` gives the path of each program that {@link listTransportPrograms} named.
 */
export function formatBridges(
  lines: readonly string[],
  programs: ReadonlyMap<TransportProgram['setting'], string>,
): readonly string[] {
  if (lines.length === 0) return ['UseBridges 0']
  const plugins = listTransportPrograms(lines).map(({ setting, transports }) => {
    const path = programs.get(setting)
    if (path === undefined) throw internal(`no path for ${setting}`)
    // The line of a plugin is split at spaces and knows no quotes (pt_parse_transport_line).
    if (quotePath(path).includes(' ')) throw unfitProgram()
    return `ClientTransportPlugin ${transports.join(',')} exec ${path}`
  })
  return ['UseBridges 1', ...plugins, ...lines.map(line => `Bridge ${bridgeWords(line).join(' ')}`)]
}

const unfitProgram = (): Fault =>
  new Fault('TOR_PATH_UNFIT', 'the path of a bridge transport has a space in it', {
    where: 'host',
    retry: 'never',
    next: 'Name a path without spaces.',
  })

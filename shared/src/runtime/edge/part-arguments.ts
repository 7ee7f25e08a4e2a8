import { parseArgs } from 'node:util'
import { ACCESSES, type Access, layOutRuntime, type RuntimeLayout } from '../../contracts/index.ts'

/** What every part is told when it starts. */
export interface PartArguments {
  readonly configurationFile: string
  readonly stateDirectory: string
  readonly layout: RuntimeLayout
  /** Where a lab describes itself; undefined on the Tor network. */
  readonly labSocket: string | undefined
  /** A certificate that is believed besides the well-known authorities: that of a lab. */
  readonly authorityFile: string | undefined
}

const USAGE = `usage: main.ts --config FILE --state-dir DIR --runtime-dir DIR [--access ${ACCESSES.join('|')}] [--lab SOCKET] [--authority FILE]`

/**
 * Read the arguments of a part, and let nothing that it makes be open to others than they say.
 *
 * Without `--access` that is this user alone. What a part keeps is its user's alone in any case: only its sockets are
 * shared.
 */
export function readPartArguments(args: readonly string[] = process.argv.slice(2)): PartArguments {
  process.umask(0o077)
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: 'string' },
      'state-dir': { type: 'string' },
      'runtime-dir': { type: 'string' },
      access: { type: 'string', default: 'user' },
      lab: { type: 'string' },
      authority: { type: 'string' },
    },
  })
  const { config, 'state-dir': stateDirectory, 'runtime-dir': runtimeDirectory, access, lab, authority } = values
  if (config === undefined || stateDirectory === undefined || runtimeDirectory === undefined) throw new Error(USAGE)
  if (!isAccess(access)) throw new Error(USAGE)
  const layout = layOutRuntime(runtimeDirectory, access)
  return { configurationFile: config, stateDirectory, layout, labSocket: lab, authorityFile: authority }
}

const isAccess = (word: string): word is Access => ACCESSES.some(access => access === word)

import { isAbsolute, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What the command line asks for. */
export type Options =
  | { readonly type: 'run'; readonly directory: string; readonly detached: boolean }
  | { readonly type: 'help' }
  | { readonly type: 'wrong'; readonly message: string }

export const USAGE = `Usage: node deploy/lab/src/main.ts --dir DIR [--detached]

Run a private Tor network with an internet of its own. It is not Tor: nothing leaves this machine.

  --dir DIR    where keys, logs and the socket lab.sock live; made if it is not there, for you alone
  --detached   live on when standard input ends; without it the end of standard input ends the lab
  --help       say this
`

// Tor's torrc and our own lines are read line by line, and a path with a line break would be two of them.
const CONTROL_CHARACTERS = /\p{Cc}/u

/** Longest path of an AF_UNIX socket (sun_path, unix(7)), less the NUL. */
const SOCKET_PATH_MAX_BYTES = 107

/** Name the lab's socket in `directory`. */
export const socketPath = (directory: string): string => `${directory}/lab.sock`

/** Read the arguments; relative directories are seen from `workingDirectory`. */
export function parseOptions(args: readonly string[], workingDirectory: string): Options {
  let values: { dir?: string; detached?: boolean; help?: boolean }
  try {
    ;({ values } = parseArgs({
      args: [...args],
      options: { dir: { type: 'string' }, detached: { type: 'boolean' }, help: { type: 'boolean' } },
    }))
  } catch (cause) {
    return { type: 'wrong', message: cause instanceof Error ? cause.message : String(cause) }
  }
  if (values.help === true) return { type: 'help' }
  if (values.dir === undefined || values.dir === '') return { type: 'wrong', message: '--dir is missing' }
  const directory = isAbsolute(values.dir) ? resolve(values.dir) : resolve(workingDirectory, values.dir)
  if (CONTROL_CHARACTERS.test(directory)) return { type: 'wrong', message: '--dir has a control character in it' }
  if (Buffer.byteLength(socketPath(directory)) > SOCKET_PATH_MAX_BYTES)
    return { type: 'wrong', message: `--dir is too long for a socket (${SOCKET_PATH_MAX_BYTES} bytes with /lab.sock)` }
  return { type: 'run', directory, detached: values.detached ?? false }
}

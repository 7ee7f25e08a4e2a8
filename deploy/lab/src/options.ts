import { isAbsolute, resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** Where a lab lives. */
export interface Place {
  readonly directory: string
  /** Whether the network, processes and mounts are those it is started in: a container's. */
  readonly here: boolean
  /** Where others of its group find the socket and the certificate; undefined shares nothing. */
  readonly shared: string | undefined
}

/** What the command line asks for. */
export type Options =
  | ({ readonly type: 'run'; readonly detached: boolean } & Place)
  | { readonly type: 'help' }
  | { readonly type: 'wrong'; readonly message: string }

export const USAGE = `Usage: node deploy/lab/src/main.ts --dir DIR [--detached] [--here] [--share DIR]

Run a private Tor network with an internet of its own. It is not Tor: nothing leaves this machine.

  --dir DIR    where keys, logs and the socket lab.sock live; made if it is not there, for you alone
  --detached   live on when standard input ends; without it the end of standard input ends the lab
  --here       make no namespaces: this container, with NET_ADMIN and a fresh network, is the lab's alone
  --share DIR  put lab.sock and the authority's certificate in DIR, for the group of that directory (mode 2750)
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
  let values: { dir?: string; detached?: boolean; here?: boolean; share?: string; help?: boolean }
  try {
    ;({ values } = parseArgs({
      args: [...args],
      options: {
        dir: { type: 'string' },
        detached: { type: 'boolean' },
        here: { type: 'boolean' },
        share: { type: 'string' },
        help: { type: 'boolean' },
      },
    }))
  } catch (cause) {
    return { type: 'wrong', message: cause instanceof Error ? cause.message : String(cause) }
  }
  if (values.help === true) return { type: 'help' }
  if (values.dir === undefined || values.dir === '') return { type: 'wrong', message: '--dir is missing' }
  const place = (path: string): string => (isAbsolute(path) ? resolve(path) : resolve(workingDirectory, path))
  const directory = place(values.dir)
  const shared = values.share === undefined ? undefined : place(values.share)
  for (const [option, path] of [
    ['--dir', directory],
    ['--share', shared ?? ''],
  ] as const) {
    if (CONTROL_CHARACTERS.test(path)) return { type: 'wrong', message: `${option} has a control character in it` }
    if (Buffer.byteLength(socketPath(path)) > SOCKET_PATH_MAX_BYTES)
      return {
        type: 'wrong',
        message: `${option} is too long for a socket (${SOCKET_PATH_MAX_BYTES} bytes with /lab.sock)`,
      }
  }
  return { type: 'run', directory, shared, here: values.here ?? false, detached: values.detached ?? false }
}

import type { ControlProfile } from '@cordon/shared/contracts'
import { type OnionWish, parseOnionWish } from './onion-wish.ts'

/** What becomes of one line that an app sent. */
export type CommandVerdict =
  /** Answered here and at once. `isLast` closes the connection after it. */
  | { readonly type: 'answer'; readonly lines: readonly string[]; readonly isLast: boolean }
  | { readonly type: 'authenticate' }
  | { readonly type: 'info'; readonly keys: readonly string[] }
  | { readonly type: 'events'; readonly names: readonly string[] }
  | { readonly type: 'renew' }
  | { readonly type: 'add-onion'; readonly wish: OnionWish }
  | { readonly type: 'del-onion'; readonly serviceId: string }

const answer = (...lines: string[]): CommandVerdict => ({ type: 'answer', lines, isLast: false })
const last = (line: string): CommandVerdict => ({ type: 'answer', lines: [line], isLast: true })
const OK = answer('250 OK')
const FILTERED = answer('510 Command filtered')

/** Visible ASCII and spaces: no tab, no control character, nothing that two readers see differently. */
const PLAIN = /^[\x20-\x7e]*$/

/**
 * Judge one line by the app's profile. What is not admitted is 510, whatever tor would say.
 *
 * Before AUTHENTICATE only PROTOCOLINFO and QUIT are answered, and anything else ends the connection (control-spec 3.5).
 * The socket itself is the authentication, so any AUTHENTICATE succeeds and the only method told is NULL.
 */
export function judgeCommand(
  line: string,
  profile: ControlProfile,
  isAuthenticated: boolean,
  torVersion: string | null,
): CommandVerdict {
  const [word = '', ...args] = line.split(' ').filter(part => part !== '')
  const keyword = word.toUpperCase()
  if (keyword === 'QUIT') return last('250 closing connection')
  if (keyword === 'PROTOCOLINFO') {
    const version = torVersion === null ? [] : [`250-VERSION Tor="${torVersion}"`]
    return answer('250-PROTOCOLINFO 1', '250-AUTH METHODS=NULL', ...version, '250 OK')
  }
  if (keyword === 'AUTHENTICATE') return { type: 'authenticate' }
  if (!isAuthenticated) return last('514 Authentication required.')
  if (!PLAIN.test(line)) return FILTERED
  // What follows a command with data would be read as commands: the connection ends instead (control-spec 2.2).
  if (keyword.startsWith('+')) return last('510 Command filtered')
  switch (keyword) {
    case 'GETINFO':
      return args.length > 0 && args.every(key => isAdmitted(key, profile.info))
        ? { type: 'info', keys: [...new Set(args)] }
        : FILTERED
    case 'GETCONF':
      return judgeGetConf(args, profile)
    case 'SETEVENTS':
      return judgeSetEvents(args, profile)
    case 'SIGNAL':
      return args.length === 1 && args[0]?.toUpperCase() === 'NEWNYM' ? { type: 'renew' } : FILTERED
    case 'ADD_ONION': {
      const wish = profile.onions === undefined ? undefined : parseOnionWish(args, profile.onions)
      return wish === undefined ? FILTERED : { type: 'add-onion', wish }
    }
    case 'DEL_ONION':
      return profile.onions !== undefined && args.length === 1
        ? { type: 'del-onion', serviceId: args[0] ?? '' }
        : FILTERED
    // These features have been on for good since tor 0.2.2 (control-spec 3.18).
    case 'USEFEATURE':
      return args.every(name => /^(EXTENDED_EVENTS|VERBOSE_NAMES)$/i.test(name)) ? OK : FILTERED
    default:
      return FILTERED
  }
}

const isAdmitted = (key: string, admitted: readonly string[]): boolean =>
  admitted.some(known => (known.endsWith('/') ? key.startsWith(known) && isLeaf(key, known) : key === known))

/** One more step below the known key, of what fingerprints and addresses are made of. */
const isLeaf = (key: string, above: string): boolean => /^[$0-9A-Za-z.:]{1,64}$/.test(key.slice(above.length))

function judgeGetConf(args: readonly string[], { configuration }: ControlProfile): CommandVerdict {
  const known = new Map(Object.entries(configuration).map(([key, value]) => [key.toLowerCase(), [key, value] as const]))
  const found = args.map(key => known.get(key.toLowerCase()))
  if (found.length === 0 || found.includes(undefined)) return FILTERED
  // An option without a value is its name alone (control-spec 3.3).
  const lines = found.flatMap(pair => (pair === undefined ? [] : [pair[1] === '' ? pair[0] : pair.join('=')]))
  return answer(...lines.map((line, at) => `250${at === lines.length - 1 ? ' ' : '-'}${line}`))
}

function judgeSetEvents(args: readonly string[], { events, silentEvents }: ControlProfile): CommandVerdict {
  // EXTENDED has meant nothing since tor 0.2.2 (control-spec 3.4).
  const names = args.map(name => name.toUpperCase()).filter(name => name !== 'EXTENDED')
  const known: readonly string[] = [...events, ...silentEvents]
  return names.every(name => known.includes(name)) ? { type: 'events', names } : FILTERED
}

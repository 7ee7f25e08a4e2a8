/** A desktop entry of ours, made from that of the program (Desktop Entry Specification 1.5). */
export interface EntryWishes {
  /** The text of the program's own entry, or undefined where it has none. */
  readonly original: string | undefined
  /** What the program is called where it has no entry. */
  readonly title: string
  readonly app: string
  /** The words that start it, before the arguments of the entry. */
  readonly command: readonly string[]
  /** The icon to show in place of the original's, or undefined for that. */
  readonly icon: string | undefined
}

const MAIN_GROUP = 'Desktop Entry'

/** Marks our entries, so that `remove` takes away nothing else. */
export const MARK = 'X-Cordon-App'

/**
 * Keys that lead to the program past us (a D-Bus activation would start it outside), or put its windows under the entry
 * of the program that is not confined.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...['DBusActivatable', 'TryExec', 'Actions', 'Hidden', 'NoDisplay', 'StartupWMClass'],
  MARK,
])

/**
 * Write the entry of an app: that of the program with another name and command, in its first group alone, since actions
 * would start the program unconfined.
 */
export function writeEntry({ original, title, app, command, icon }: EntryWishes): string {
  const lines = original === undefined ? plainEntry(title) : readMainGroup(original)
  const args = lines.flatMap(([key, value]) => (key === 'Exec' ? [fieldCodes(value)] : []))[0] ?? ''
  const exec = [...command.map(quoteWord), ...(args === '' ? [] : [args])].join(' ')
  const changed = lines.flatMap(([key, value]): readonly (readonly [string, string])[] => {
    const [plain = key] = key.split('[')
    if (LEFT_OUT.has(plain)) return []
    if (plain === 'Name' || plain === 'GenericName') return [[key, `${value} (Cordon: ${app})`]]
    if (plain === 'Exec') return [[key, exec]]
    if (plain === 'Icon' && icon !== undefined) return [[key, icon]]
    return [[key, value]]
  })
  const body = [...changed, [MARK, app] as const].map(([key, value]) => `${key}=${value}\n`).join('')
  return `[${MAIN_GROUP}]\n${body}`
}

const plainEntry = (title: string): readonly (readonly [string, string])[] => [
  ['Type', 'Application'],
  ['Name', title],
  ['Exec', ''],
  ['Terminal', 'false'],
]

function readMainGroup(text: string): readonly (readonly [string, string])[] {
  let group = ''
  return text.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
    group = /^\[(.*)\]\s*$/.exec(line)?.[1] ?? group
    const [, key, value] = /^([A-Za-z0-9-]+(?:\[[^\]]*\])?)\s*=\s*(.*)$/.exec(line) ?? []
    return group === MAIN_GROUP && key !== undefined && value !== undefined ? [[key, value]] : []
  })
}

/** Files and addresses that the desktop hands over; what else the entry says is the profile's to know. */
const fieldCodes = (exec: string): string => /%[uUfF]/.exec(exec)?.[0] ?? ''

/** Quote one word of an Exec line: the quotes, then the string of the file format around them. */
export function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@:,./=+-]+$/.test(word)) return word
  const quoted = word.replace(/["`$\\]/g, character => `\\${character}`).replaceAll('%', '%%')
  return `"${quoted.replaceAll('\\', '\\\\')}"`
}

/** Tell the app of an entry of ours, or undefined for one of anybody else's. */
export function readMark(text: string): string | undefined {
  return readMainGroup(text).find(([key]) => key === MARK)?.[1]
}

/** Name the file of an app's entry. */
export const entryName = (app: string): string => `cordon-${app}.desktop`

import { parseArgs } from 'node:util'
import { APPEND_OPTION, RUN_OPTIONS } from '@cordon/shared/contracts/run-options'
import { type AppId, parseAppId } from '@cordon/shared/isolation/app-id'
import { show } from './show.ts'
import { usage } from './usage.ts'

/** What `cordon run` was asked for. */
export interface RunRequest {
  readonly app: AppId
  readonly stateDirectory: string
  readonly runtimeDirectory: string
  readonly profile: string | undefined
  readonly exposedPorts: readonly number[]
  readonly privateHome: boolean
  readonly hiddenPaths: readonly string[]
  readonly sharedPaths: readonly string[]
  readonly x11: boolean
  readonly audio: boolean
  readonly dbus: 'none' | 'filter'
  readonly allowLan: boolean
  /** Whether local networks are asked for at the app's port, as everything else is: at a captive portal's. */
  readonly lanByApp: boolean
  readonly force: boolean
  /** Whether `words` follow the command of the profile, rather than being the command. */
  readonly append: boolean
  readonly words: readonly string[]
}

/** Said by `lockdown portal`, and by no person: no gateway carries a local address. */
export const LAN_BY_APP_OPTION = 'lan-by-app'

const OPTIONS = {
  ...Object.fromEntries(
    RUN_OPTIONS.map(({ name, value, repeatable = false }) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: repeatable },
    ]),
  ),
  [APPEND_OPTION]: { type: 'boolean' as const },
  [LAN_BY_APP_OPTION]: { type: 'boolean' as const },
  app: { type: 'string' as const },
  'state-dir': { type: 'string' as const },
  'runtime-dir': { type: 'string' as const },
}

/** Read the arguments that the `cordon` command hands to the launcher, or throw a Fault `SUP_USAGE`. */
export function parseRunRequest(args: readonly string[]): RunRequest {
  const { values, positionals } = parse(args)
  const text = (name: string): string | undefined => {
    const value = values[name]
    return typeof value === 'string' ? value : undefined
  }
  const list = (name: string): readonly string[] => {
    const value = values[name]
    return Array.isArray(value) ? value.filter(one => typeof one === 'string') : []
  }
  const app = parseAppId(text('app') ?? '')
  if (app === undefined) {
    throw usage(
      `${show(text('app') ?? '')} is no app name`,
      'Use a-z, 0-9 and hyphens, 32 at most, with no hyphen in front.',
    )
  }
  if (values[APPEND_OPTION] === true) refuseMisplaced(app, positionals)
  return {
    app,
    stateDirectory: readDirectory(text('state-dir')),
    runtimeDirectory: readDirectory(text('runtime-dir')),
    profile: text('profile'),
    exposedPorts: list('expose').map(readPort),
    privateHome: values['private-home'] === true,
    hiddenPaths: list('hide').map(path => readPath('--hide', path)),
    sharedPaths: list('share').map(path => readPath('--share', path)),
    x11: values['no-x11'] !== true,
    audio: values['no-audio'] !== true,
    dbus: readBus(text('dbus')),
    allowLan: values['allow-lan'] === true,
    lanByApp: values[LAN_BY_APP_OPTION] === true,
    force: values['force'] === true,
    append: values[APPEND_OPTION] === true,
    words: positionals,
  }
}

/**
 * Refuse an option of ours among the first words of the program: it would take no notice, and the person would believe
 * that it holds.
 */
function refuseMisplaced(app: AppId, words: readonly string[]): void {
  const end = words.findIndex(word => word === '--' || !word.startsWith('-'))
  const misplaced = (end < 0 ? words : words.slice(0, end)).find(word =>
    RUN_OPTIONS.some(({ name }) => word === `--${name}` || word.startsWith(`--${name}=`)),
  )
  if (misplaced === undefined) return
  throw usage(
    `${show(misplaced)} stands after ${app}, where words are the program’s`,
    `Put it before ${app}; if it is the program’s own: cordon run ${app} -- PROGRAM and its words.`,
  )
}

function parse(args: readonly string[]): { values: Record<string, unknown>; positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true })
  } catch (cause) {
    throw usage(cause instanceof Error ? cause.message : String(cause))
  }
}

function readDirectory(path: string | undefined): string {
  if (path?.startsWith('/') === true) return path
  throw usage('the launcher is not told where Cordon lives', 'Start it by `cordon run`.')
}

function readPort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= 65535) return port
  throw usage(`--expose: found ${show(text)}; allowed: a port from 1 to 65535`)
}

function readPath(option: string, path: string): string {
  if (path !== '' && !/\p{Cc}/u.test(path)) return path
  throw usage(`${option}: found ${show(path)}; allowed: a path without control characters`)
}

function readBus(text = 'none'): 'none' | 'filter' {
  if (text === 'none' || text === 'filter') return text
  throw usage(`--dbus: found ${show(text)}; allowed: none or filter`)
}

import { APP_SETTINGS, type AppSettings, findBrokenLaws } from '@cordon/shared/contracts'
import { fits, type TSchema } from '@cordon/shared/schema'
import { usage } from './complaint.ts'
import { show } from './show.ts'

/** The options of `cordon apps add` as they were typed. */
export interface AppOptions {
  readonly port?: string
  readonly isolate?: string
  readonly circuits?: string
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
  readonly ports?: readonly string[]
  readonly onionOnly?: boolean
  /** False with `--no-ipv6`. */
  readonly ipv6?: boolean
  readonly remoteNamesOnly?: boolean
  readonly extendedErrors?: boolean
  readonly hold?: string
  readonly control?: string
  readonly controlPort?: string
  readonly dnsPort?: string
  readonly dnsVirtual?: boolean
  readonly dnsResolver?: string
}

/** Read the options of `cordon apps add`, or throw a Fault that names the option, what was found and what is allowed. */
export function readAppSettings(options: AppOptions): AppSettings {
  const given: Record<string, unknown> = {
    port: options.port === undefined ? undefined : toNumber(options.port),
    isolate: options.isolate,
    circuits: options.circuits,
    allow: options.allow,
    deny: options.deny,
    ports: options.ports?.flatMap(list => list.split(',')).map(toNumber),
    onionOnly: options.onionOnly,
    ipv6: options.ipv6 === false ? 'refuse' : undefined,
    remoteNamesOnly: options.remoteNamesOnly,
    extendedErrors: options.extendedErrors,
    hold: options.hold,
    control: options.control,
    controlPort: options.controlPort === undefined ? undefined : toNumber(options.controlPort),
    dns: withoutGaps({
      port: options.dnsPort === undefined ? undefined : toNumber(options.dnsPort),
      virtual: options.dnsVirtual,
      resolver: options.dnsResolver,
    }),
  }
  const settings = withoutGaps(given) ?? {}
  if (!fits(APP_SETTINGS, settings)) throw complainOf([], APP_SETTINGS, settings)
  for (const { path, allowed } of findBrokenLaws({ apps: { it: settings } })) {
    const [, , ...within] = path
    const found = within.reduce<unknown>((value, key) => (value as Record<string, unknown>)?.[key], settings)
    throw complaint(within, found, allowed)
  }
  return settings
}

/** Leave out what is undefined; undefined where nothing is left. */
function withoutGaps(given: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return said.length === 0 ? undefined : Object.fromEntries(said)
}

/** Make the Fault that names the first setting within `value` that its schema does not allow. */
function complainOf(path: readonly string[], schema: TSchema, value: unknown): Error {
  const { properties = {}, description } = schema as { properties?: Record<string, TSchema>; description?: string }
  const within = value as Readonly<Record<string, unknown>>
  const wrong = Object.entries(properties).find(([name, one]) => within[name] !== undefined && !fits(one, within[name]))
  if (wrong === undefined) return complaint(path, value, description)
  const [name, one] = wrong
  return complainOf([...path, name], one, within[name])
}

/** Options are named for the settings: `dns.port` is `--dns-port`. A number in the path is one of a list. */
function complaint(path: readonly string[], found: unknown, allowed: string | undefined): Error {
  const words = path.filter(name => !/^[0-9]+$/.test(name)).join('-')
  const option = words.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  return usage(`--${option}: found ${show(found)}; allowed: ${allowed}`)
}

/** Digits become a number; anything else stays, for the schema to judge and the message to show. */
const toNumber = (text: string): string | number => (/^[0-9]{1,6}$/.test(text) ? Number(text) : text)

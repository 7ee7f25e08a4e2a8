import { APP_SETTINGS, type AppSettings } from '@cordon/shared/contracts'
import Value from 'typebox/value'
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
  }
  const settings = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  for (const [name, schema] of Object.entries(APP_SETTINGS.properties)) {
    const value = settings[name]
    if (value === undefined || Value.Check(schema, value)) continue
    const { description } = schema as { description?: string }
    throw usage(`--${name}: found ${show(value)}; allowed: ${description}`)
  }
  return Value.Parse(APP_SETTINGS, settings)
}

/** Digits become a number; anything else stays, for the schema to judge and the message to show. */
const toNumber = (text: string): string | number => (/^[0-9]{1,6}$/.test(text) ? Number(text) : text)

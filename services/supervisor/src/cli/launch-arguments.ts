import { parseArgs } from 'node:util'
import { APPEND_OPTION, RUN_OPTIONS } from '@cordon/shared/contracts/run-options'
import type { Directories } from './directories.ts'

/** A command line that was cut after the name of the app: what follows belongs to the program that is run. */
export interface CutArguments {
  /** Cordon's own words, up to the name of the app. */
  readonly head: readonly string[]
  /** The program's words, untouched; the first may be `--`. */
  readonly tail: readonly string[]
}

const NOTHING: readonly string[] = []

/** The options of every command that say where Cordon lives. */
const PLACES = ['config', 'state-dir', 'runtime-dir'] as const

/** Options, with their dashes, that take the next word as their value. */
const VALUED: ReadonlySet<string> = new Set(
  [...PLACES, ...RUN_OPTIONS.flatMap(({ name, value }) => (value === undefined ? [] : [name]))].map(
    name => `--${name}`,
  ),
)

/**
 * Cut the arguments of `cordon run` after the name of the app, so that no option of the program is taken for ours.
 *
 * Arguments of another command are left whole.
 */
export function cutRunArguments(args: readonly string[]): CutArguments {
  const isWord = (at: number): boolean => args[at] !== undefined && args[at] !== '--'
  const skipOptions = (from: number): number => {
    let at = from
    while (isWord(at) && args[at]?.startsWith('-') === true) at += VALUED.has(args[at] ?? '') ? 2 : 1
    return at
  }
  const command = skipOptions(0)
  if (args[command] !== 'run') return { head: args, tail: NOTHING }
  const app = skipOptions(command + 1)
  // `cordon run -- curl` names no app: what follows is no word of ours.
  return isWord(app)
    ? { head: args.slice(0, app + 1), tail: args.slice(app + 1) }
    : { head: args.slice(0, app), tail: NOTHING }
}

/** Values that Commander read for one option: a word, several, or whether a switch was there. */
export type OptionValue = string | boolean | readonly string[] | undefined

/** Write options as the launcher reads them. `no-` switches are true when left out, as Commander has it. */
export function formatOptions(
  options: readonly { readonly name: string; readonly value?: string }[],
  values: Readonly<Record<string, OptionValue>>,
): readonly string[] {
  return options.flatMap(({ name, value }) => {
    const isNegative = name.startsWith('no-')
    const given = values[camelCase(isNegative ? name.slice('no-'.length) : name)]
    if (value === undefined) return given === !isNegative ? [`--${name}`] : []
    const words = Array.isArray(given) ? (given as readonly string[]) : typeof given === 'string' ? [given] : []
    return words.map(word => `--${name}=${word}`)
  })
}

const camelCase = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

/** A `cordon run` as it was typed. */
export interface RunLine {
  readonly places: { readonly config?: string; readonly stateDir?: string; readonly runtimeDir?: string }
  readonly app: string
  /** Cordon's options, as the launcher reads them. */
  readonly options: readonly string[]
  /** The program's words, untouched; the first may be `--`. */
  readonly words: readonly string[]
}

const LINE_OPTIONS = {
  ...Object.fromEntries(PLACES.map(name => [name, { type: 'string' as const }])),
  ...Object.fromEntries(
    RUN_OPTIONS.map(({ name, value, repeatable = false }) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: repeatable },
    ]),
  ),
}

/**
 * Read the arguments of a `cordon run`, or return undefined for everything else: other commands, help, mistakes.
 *
 * Those are read with all that Cordon knows to say, which takes longer to load than the launcher.
 */
export function readRunLine(args: readonly string[]): RunLine | undefined {
  const { head, tail } = cutRunArguments(args)
  try {
    const { tokens, positionals } = parseArgs({
      args: [...head],
      options: LINE_OPTIONS,
      allowPositionals: true,
      tokens: true,
    })
    const [command, app, ...more] = positionals
    if (command !== 'run' || app === undefined || more.length > 0) return undefined
    const given = tokens.filter(token => token.kind === 'option')
    const place = (name: (typeof PLACES)[number]): string | undefined =>
      given.findLast(token => token.name === name)?.value
    const [config, stateDir, runtimeDir] = PLACES.map(place)
    return {
      places: {
        ...(config === undefined ? {} : { config }),
        ...(stateDir === undefined ? {} : { stateDir }),
        ...(runtimeDir === undefined ? {} : { runtimeDir }),
      },
      app,
      options: given
        .filter(({ name }) => !(PLACES as readonly string[]).includes(name))
        .map(({ name, value }) => (value === undefined ? `--${name}` : `--${name}=${value}`)),
      words: tail,
    }
  } catch {
    return undefined
  }
}

/** Where Cordon lives, as far as the launcher is told. */
type Places = Pick<Directories, 'stateDirectory' | 'runtimeDirectory'>

/** Write what the launcher reads to run a program: ours first, and after `--` the words that are the program's. */
export function formatRun(
  places: Places,
  { app, options, words: [first, ...rest] }: Pick<RunLine, 'app' | 'options' | 'words'>,
): readonly string[] {
  const isWhole = first === '--'
  const words = isWhole || first === undefined ? rest : [first, ...rest]
  return [
    ...['run', ...formatPlaces(places, app), ...options],
    ...(isWhole ? ['--'] : [`--${APPEND_OPTION}`, '--']),
    ...words,
  ]
}

/** Write what the launcher is always told: the app, and where Cordon lives. */
export const formatPlaces = ({ stateDirectory, runtimeDirectory }: Places, app: string): readonly string[] => [
  `--app=${app}`,
  `--state-dir=${stateDirectory}`,
  `--runtime-dir=${runtimeDirectory}`,
]

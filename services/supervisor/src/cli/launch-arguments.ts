/** A command line that was cut after the name of the app: what follows belongs to the program that is run. */
export interface CutArguments {
  /** Cordon's own words, up to the name of the app. */
  readonly head: readonly string[]
  /** The program's words, untouched; the first may be `--`. */
  readonly tail: readonly string[]
}

const NOTHING: readonly string[] = []

/**
 * Cut the arguments of `cordon run` after the name of the app, so that no option of the program is taken for ours.
 *
 * `valued` names the options, with their dashes, that take the next word as their value. Arguments of another command
 * are left whole.
 */
export function cutRunArguments(args: readonly string[], valued: ReadonlySet<string>): CutArguments {
  const isWord = (at: number): boolean => args[at] !== undefined && args[at] !== '--'
  const skipOptions = (from: number): number => {
    let at = from
    while (isWord(at) && args[at]?.startsWith('-') === true) at += valued.has(args[at] ?? '') ? 2 : 1
    return at
  }
  const command = skipOptions(0)
  if (args[command] !== 'run') return { head: args, tail: NOTHING }
  const app = skipOptions(command + 1)
  return isWord(app) ? { head: args.slice(0, app + 1), tail: args.slice(app + 1) } : { head: args, tail: NOTHING }
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

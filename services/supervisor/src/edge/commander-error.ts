import type { Command, CommanderError } from 'commander'
import { usage } from '../cli/index.ts'

/** Read what Commander throws: a mistake in the words, or undefined for help and version, which are none. */
export function readCommanderError(
  { code, exitCode, message }: CommanderError,
  { commands }: Command,
  args: readonly string[],
): unknown {
  if (exitCode === 0) return undefined
  const command = args.find(arg => commands.some(one => one.name() === arg))
  const next = command === undefined ? 'See `cordon help`.' : `See \`cordon ${command} --help\`.`
  // Of a command that lists by default, the word may have been meant as a command: "too many arguments for list" says less.
  const word = code === 'commander.excessArguments' ? /: (\S+?)[,.]/.exec(message)?.[1] : undefined
  const problem =
    word === undefined ? message.replace(/^error: /, '') : `${word} is neither a command nor an argument here`
  return usage(problem.replaceAll('\n', ' '), next)
}

import { parseArgs } from 'node:util'

/** What the command line asks for. */
export interface Options {
  readonly only: readonly string[]
  readonly rounds: number
  readonly json: boolean
  readonly help: boolean
}

/** Parse the command line; `names` are the figures there are. Throw an Error with a sentence for the user. */
export function parseOptions(args: readonly string[], names: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '7' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const only = values.only?.split(',') ?? names
  const unknown = only.find(name => !names.includes(name))
  if (unknown !== undefined) throw new Error(`there is no figure ${unknown}; there are ${names.join(', ')}`)
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 1000) throw new Error('--rounds is a number from 1 to 1000')
  return { only, rounds, json: values.json, help: values.help }
}

import type { Command } from 'commander'
import type { CommandNode } from '../cli/index.ts'

/** Describe a command and those below it for the completion of a shell. */
export function describeCommand(command: Command): CommandNode {
  const help = command.createHelp()
  return {
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).flatMap(({ long }) => long ?? []),
    commands: help.visibleCommands(command).map(describeCommand),
    takes: findNames(command),
  }
}

/** Find which names the first argument of a command is one of, by how it is called. */
function findNames(command: Command): CommandNode['takes'] {
  const argument = command.registeredArguments[0]?.name() ?? ''
  if (argument === 'product') return command.name() === 'add' ? 'catalogue' : 'products'
  return (argument === 'app' || argument === 'name') && command.name() !== 'add' ? 'apps' : null
}

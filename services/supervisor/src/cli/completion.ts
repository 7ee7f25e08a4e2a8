import { usage } from './complaint.ts'

/** A command as completion needs to know it. */
export interface CommandNode {
  readonly name: string
  readonly description: string
  /** Long options, with their dashes. */
  readonly options: readonly string[]
  readonly commands: readonly CommandNode[]
  /** Which names its argument is one of. */
  readonly takes: 'apps' | 'products' | 'catalogue' | null
}

/** Shells that a script can be made for. */
const SHELLS = { bash: formatBash, zsh: formatZsh, fish: formatFish } as const

/** Format the completion script for one shell, made from the commands themselves. */
export function formatCompletion(shell: string, root: CommandNode): string {
  const format = Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : undefined
  if (format !== undefined) return format(root)
  throw usage(`there is no completion for that shell; there is for ${Object.keys(SHELLS).join(', ')}`)
}

/** Lists names for a shell, and nothing where Cordon does not run. */
const listNames = (takes: NonNullable<CommandNode['takes']>): string => `cordon complete-${takes} 2>/dev/null`

/** What may stand after the words of one command. Words of ours hold letters and hyphens, which need no quotes. */
interface Place {
  readonly path: string
  readonly words: readonly string[]
  readonly takes: CommandNode['takes']
}

const listPlaces = (node: CommandNode, path: string, inherited: readonly string[]): readonly Place[] => [
  {
    path,
    words: [...new Set([...node.commands.map(({ name }) => name), ...node.options, ...inherited])],
    takes: node.takes,
  },
  ...node.commands.flatMap(command => listPlaces(command, `${path} ${command.name}`, inherited)),
]

/** The cases of a `case` over the words typed so far, each setting `words`. */
const formatCases = (root: CommandNode): string =>
  listPlaces({ ...root, options: [] }, '', root.options)
    .map(({ path, words, takes }) => {
      const names = takes === null ? '' : ` $(${listNames(takes)})`
      return `    '${path}') words="${words.join(' ')}${names}" ;;`
    })
    .join('\n')

function formatBash(root: CommandNode): string {
  return `# cordon: completion for bash. Use: source <(cordon completion bash)
_cordon() {
  local typed= words= at
  for ((at = 1; at < COMP_CWORD; at++)); do
    [[ \${COMP_WORDS[at]} == -* ]] || typed+=" \${COMP_WORDS[at]}"
  done
  case $typed in
${formatCases(root)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _cordon cordon
`
}

function formatZsh(root: CommandNode): string {
  return `#compdef cordon
# cordon: completion for zsh. Use: source <(cordon completion zsh)
_cordon() {
  local typed= words_= at
  for ((at = 2; at < CURRENT; at++)); do
    [[ $words[at] == -* ]] || typed+=" $words[at]"
  done
  case $typed in
${formatCases(root).replaceAll(' words=', ' words_=')}
  esac
  compadd -- \${=words_}
}
compdef _cordon cordon
`
}

function formatFish(root: CommandNode): string {
  // All the words: `add` stands below more than one command.
  const seen = (path: string): string =>
    path === ''
      ? '__fish_use_subcommand'
      : path
          .trim()
          .split(' ')
          .map(word => `__fish_seen_subcommand_from ${word}`)
          .join('; and ')
  const lines = listCommands(root, '').flatMap(({ path, node }) => [
    ...node.commands.map(
      ({ name, description }) =>
        `complete -c cordon -f -n '${seen(path)}' -a ${name} -d '${description.replace(/['\\]/g, '’')}'`,
    ),
    ...node.options.map(option => `complete -c cordon -n '${path === '' ? 'true' : seen(path)}' -l ${option.slice(2)}`),
    ...(node.takes === null ? [] : [`complete -c cordon -f -n '${seen(path)}' -a '(${listNames(node.takes)})'`]),
  ])
  return `# cordon: completion for fish. Use: cordon completion fish | source\n${lines.join('\n')}\n`
}

const listCommands = (node: CommandNode, path: string): readonly { path: string; node: CommandNode }[] => [
  { path, node },
  ...node.commands.flatMap(command => listCommands(command, `${path} ${command.name}`)),
]

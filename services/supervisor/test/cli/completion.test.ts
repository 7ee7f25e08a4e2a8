import { execFileSync } from 'node:child_process'
import t from 'tap'
import { type CommandNode, formatCompletion } from '../../src/cli/index.ts'

const leaf = (name: string, options: readonly string[] = [], takes: CommandNode['takes'] = null): CommandNode => {
  return { name, description: `do ${name}`, options, commands: [], takes }
}
const ROOT: CommandNode = {
  ...leaf('cordon', ['--json', '--help']),
  commands: [
    leaf('up', ['--lab', '--help']),
    leaf('renew', [], 'apps'),
    { ...leaf('apps'), commands: [leaf('add'), leaf('remove', [], 'apps')] },
    { ...leaf('updates'), commands: [leaf('add', [], 'catalogue'), leaf('check', [], 'products')] },
  ],
}

/** Complete the last of `words` as bash does, with a `cordon` that knows two apps. */
function complete(...words: readonly string[]): readonly string[] {
  const script = [
    'cordon() { case $1 in complete-apps) echo mail browser;; complete-products) echo tor;; complete-catalogue) echo tails;; esac; }',
    formatCompletion('bash', ROOT),
    'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cordon',
    `printf '%s ' "\${COMPREPLY[@]}"`,
  ].join('\n')
  return execFileSync('bash', ['-c', script, 'bash', 'cordon', ...words], { encoding: 'utf8' })
    .trim()
    .split(' ')
}

t.test('bash completes commands, those below them, options and apps', async t => {
  t.same(complete(''), ['up', 'renew', 'apps', 'updates', '--json', '--help'])
  t.same(complete('a'), ['apps'])
  t.same(complete('apps', ''), ['add', 'remove', '--json', '--help'])
  t.same(complete('up', '--'), ['--lab', '--help', '--json'])
  t.same(complete('--json', 'up', '--l'), ['--lab'])
  t.same(complete('renew', 'm'), ['mail'])
  t.same(complete('apps', 'remove', 'b'), ['browser'])
  t.same(complete('apps', 'add', 'b'), [''], 'a new app has a new name')
  t.same(complete('updates', 'check', 't'), ['tor'])
  t.same(complete('updates', 'add', 't'), ['tails'])
})

t.test('zsh and fish get the same words', async t => {
  t.match(formatCompletion('zsh', ROOT), /' apps remove'\) words_="--json --help \$\(cordon complete-apps/)
  const fish = formatCompletion('fish', ROOT)
  t.match(fish, "complete -c cordon -f -n '__fish_use_subcommand' -a up -d 'do up'")
  const both = '__fish_seen_subcommand_from updates; and __fish_seen_subcommand_from add'
  t.match(fish, `-n '${both}' -a '(cordon complete-catalogue`)
  t.match(fish, "-n '__fish_seen_subcommand_from renew' -a '(cordon complete-apps")
})

t.test('another shell is a mistake', async t => {
  for (const shell of ['tcsh', 'constructor', '']) t.throws(() => formatCompletion(shell, ROOT), { code: 'SUP_USAGE' })
})

import type { Command } from 'commander'
import type { Directories, ExitStatus } from '../cli/index.ts'
import type { Terminal } from './terminal.ts'
import type { UpdateCommands } from './update-commands.ts'

/** What `cordon updates add` says of the words that it takes. */
const KINDS = `
Kinds, and what each needs:
  apt       address, suite, keys; and package, else it is the release itself
  tuf       address, root (a file), target
  openpgp   address of a text that names files, keys, template=tool-{version}.tar
  minisign  the same, with key
  json      address, path=/version; signed by keys, key or sha256, or unsigned
  github    package=ORG/NAME            unsigned
  forge     address of a feed           unsigned
  npm       package; and key, or unsigned
  pypi      package                     unsigned
  flatpak   address of a catalogue, package   unsigned

Where the version on this machine is found: installed.dpkg, installed.flatpak,
installed.file or installed.command="tool --version".

  cordon updates add tool kind=github package=ORG/NAME installed.dpkg=tool
`

/** Add `cordon updates` and what stands below it. `find` is asked when a command runs, and not before. */
export function addUpdateCommands(
  program: Command,
  find: () => { readonly directories: Directories; readonly terminal: Terminal },
  done: (status: ExitStatus) => void,
): void {
  const updates = program.command('updates').description('say which products have newer versions, signed by whom')
  const updateCommands = async (): Promise<UpdateCommands> => {
    const { UpdateCommands } = await import('./update-commands.ts')
    const { directories, terminal } = find()
    return new UpdateCommands(directories, terminal)
  }
  updates
    .command('list', { isDefault: true })
    .description('list the products; exit status 10 where one is newer than what is installed')
    .action(async () => done(await (await updateCommands()).list()))
  updates
    .command('check [product]')
    .description('ask now, through Tor and under new identities; exit status 10: something is newer, 1: a check failed')
    .action(async (product: string | undefined) => done(await (await updateCommands()).check(product)))
  updates
    .command('add <product> [settings...]')
    .description('add one of the catalogue, or another with key=value words, such as kind=github package=ORG/NAME')
    .addHelpText('after', KINDS)
    .action(async (product: string, words: string[]) => done(await (await updateCommands()).add(product, words)))
  updates
    .command('remove <product>')
    .description('forget a product and what was seen of it')
    .action(async (product: string) => done(await (await updateCommands()).remove(product)))
  updates
    .command('fetch <product>')
    .description('download the newest version through Tor and verify it; nothing is executed')
    .action(async (product: string) => done(await (await updateCommands()).fetch(product)))
  updates
    .command('history [product]')
    .description('list the checks that ended, newest first')
    .action(async (product: string | undefined) => done(await (await updateCommands()).history(product)))
  for (const which of ['products', 'catalogue'] as const) {
    program
      .command(`complete-${which}`, { hidden: true })
      .action(async () => done(await (await updateCommands()).complete(which)))
  }
}

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

Keys of OpenPGP are fingerprints, KEY,KEY where there are several; the keys
themselves lie in keyring=FILE, else in keys/PRODUCT.gpg beside cordon.yaml.

Besides, where they are of use: onion and fallback (other addresses), signature
(its address), clearSigned=true, newest.address with newest.path or
newest.template (where an unsigned page names the version of the signed file),
template=tool-{version}.tar, component, architecture, targets, order,
prereleases=true, silenceDays=90, and for \`fetch\` download.address with
download.signature or download.hashPath. unsigned=true admits clear HTTP.

  cordon updates add tool kind=github package=ORG/NAME installed.dpkg=tool
  cordon updates add debian
`

/** What \`cordon updates forget\` says of its price. */
const FORGETTING = `
For a project that took a release back, or moved to another place and begins
anew there: its older version is refused as a rollback until this is done.

The price: what was seen is what a rollback is told by. After this, whoever
serves the next answer can serve an old version, signed as it once was, and it
is called the newest. Do it when you know from elsewhere why the version went
back. It also removes what is kept of a product that cordon.yaml no longer
names. What was fetched and verified stays.
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
    .command('forget <product>')
    .description('forget what was seen of a product, and keep it on the list')
    .addHelpText('after', FORGETTING)
    .action(async (product: string) => done(await (await updateCommands()).forget(product)))
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

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** An apt that knows one repository, and nothing of this machine's. */
export interface AptPlace {
  readonly directory: string
  readonly port: number
  readonly keyring: string
  readonly suite: string
}

/** Lay out its directories, empty: as before the first `apt-get update`. */
export async function layOutApt({ directory, port, keyring, suite }: AptPlace): Promise<void> {
  await rm(directory, { recursive: true, force: true })
  for (const path of ['state/lists/partial', 'cache/archives/partial', 'etc'])
    await mkdir(join(directory, path), { recursive: true })
  await writeFile(join(directory, 'state', 'status'), '')
  const source = `deb [signed-by=${keyring} arch=amd64] http://127.0.0.1:${port}/debian ${suite} main\n`
  await writeFile(join(directory, 'etc', 'sources.list'), source)
}

/** Write the command for `apt-get update` there; `packing` is what it unpacks, `builds` whether it makes its own cache. */
export function writeAptGet(
  { directory }: AptPlace,
  { packing, builds }: { readonly packing: 'xz' | 'gz'; readonly builds: boolean },
): readonly string[] {
  const settings = {
    Dir: directory,
    'Dir::State': join(directory, 'state'),
    'Dir::State::status': join(directory, 'state', 'status'),
    'Dir::Cache': join(directory, 'cache'),
    'Dir::Etc::sourcelist': join(directory, 'etc', 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::parts': '-',
    'Dir::Etc::main': '-',
    'Dir::Bin::methods': '/usr/lib/apt/methods',
    'Acquire::Languages': 'none',
    'Acquire::CompressionTypes::Order::': packing,
    'APT::Architecture': 'amd64',
    'APT::Sandbox::User': 'root',
    'pkgCacheFile::Generate': String(builds),
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  return ['apt-get', '-qq', ...options, 'update']
}

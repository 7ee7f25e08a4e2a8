/** `npm run package`: build cordon_VERSION_ARCH.deb from the checkout, with Node and all packages inside. */
import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import {
  ARCHITECTURES,
  CONFFILES,
  CONFIGURATION,
  formatChangelog,
  formatControl,
  formatManPage,
  formatScripts,
  type Help,
  LAUNCHER,
  LINTIAN_OVERRIDES,
} from '../package/debian.ts'
import { SYSTEM_PARTS, userOf } from '../systemd/parts.ts'
import { formatSystemFiles } from '../systemd/units.ts'
import { stage } from './stage.ts'

/** Where systemd looks for what the names of our files begin with. */
const SYSTEM_PLACES: Readonly<Record<string, string>> = {
  system: 'usr/lib/systemd/system',
  user: 'usr/lib/systemd/user',
  'sysusers.d': 'usr/lib/sysusers.d',
  'tmpfiles.d': 'usr/lib/tmpfiles.d',
}

const COMPLETIONS = {
  bash: 'usr/share/bash-completion/completions/cordon',
  zsh: 'usr/share/zsh/vendor-completions/_cordon',
  fish: 'usr/share/fish/vendor_completions.d/cordon.fish',
} as const

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const [output = join(ROOT, 'dist')] = process.argv.slice(2)
const base = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version as string
const version = process.env['CORDON_PACKAGE_VERSION'] ?? base
const architecture = ARCHITECTURES[process.arch] ?? process.arch

const work = mkdtempSync(join(tmpdir(), 'cordon-deb-'))
try {
  const tree = join(work, 'tree')
  const library = join(tree, 'usr/lib/cordon')
  process.stderr.write('cordon: laying out the installation …\n')
  stage(library)
  const write = (path: string, content: string | Uint8Array, mode = 0o644): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true })
    writeFileSync(join(tree, path), content)
    chmodSync(join(tree, path), mode)
  }
  const ask = (...args: readonly string[]): string =>
    execFileSync(join(library, 'bin/node'), [join(library, 'services/supervisor/bin/cordon.js'), ...args], {
      encoding: 'utf8',
      // Sixty commands are asked: what the first compiles, the others read.
      env: { PATH: '/usr/bin:/bin', HOME: work, NODE_COMPILE_CACHE: join(work, 'compiled') },
    })
  write('usr/bin/cordon', LAUNCHER, 0o755)
  write('usr/share/man/man1/cordon.1.gz', gzipSync(formatManPage(version, collectHelp(ask)), { level: 9 }))
  for (const [shell, path] of Object.entries(COMPLETIONS)) write(path, ask('completion', shell))
  for (const [name, text] of formatSystemFiles()) {
    const [kind = '', file = ''] = name.split('/')
    write(`${SYSTEM_PLACES[kind]}/${file}`, text)
  }
  write('usr/share/doc/cordon/copyright', readFileSync(join(ROOT, 'LICENSE')))
  const zip = (text: string | Uint8Array): Uint8Array => gzipSync(text, { level: 9 })
  write('usr/share/doc/cordon/CHANGELOG.md.gz', zip(readFileSync(join(ROOT, 'CHANGELOG.md'))))
  write('usr/share/doc/cordon/changelog.gz', zip(formatChangelog(version, new Date(changedAt()))))
  write('usr/share/lintian/overrides/cordon', LINTIAN_OVERRIDES)
  write('etc/cordon/cordon.yaml', CONFIGURATION)
  write('DEBIAN/conffiles', CONFFILES)
  write('DEBIAN/control', formatControl({ version, architecture, installedSize: measure(tree) }))
  for (const [name, text] of formatScripts(SYSTEM_PARTS.map(({ name }) => userOf(name)))) {
    write(`DEBIAN/${name}`, text, 0o755)
  }
  // What a careful umask made private must be readable for everybody once it is installed.
  execFileSync('chmod', ['-R', 'u+rwX,go+rX,go-w', tree])
  mkdirSync(output, { recursive: true })
  const target = join(output, `cordon_${version}_${architecture}.deb`)
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-z1', '--build', tree, target], {
    stdio: ['ignore', 2, 2],
    // No file is newer than the last change (deb(5)).
    env: { ...process.env, SOURCE_DATE_EPOCH: String(Date.parse(changedAt()) / 1000) },
  })
  process.stdout.write(`${target}\n`)
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** Count KiB as dpkg-gencontrol(1) does: what a disk takes for them (du) is not the same from one time to the next. */
function measure(tree: string): number {
  const sizes = readdirSync(tree, { recursive: true, encoding: 'utf8' }).map(name => {
    const found = lstatSync(join(tree, name))
    return found.isFile() ? Math.ceil(found.size / 1024) : 1
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The moment of the last change, so that the same sources give the same package. */
function changedAt(): string {
  return execFileSync('git', ['-C', ROOT, 'log', '-1', '--format=%cI'], { encoding: 'utf8' }).trim()
}

/** Ask every command what it says of itself, from the top down. */
function collectHelp(ask: (...args: readonly string[]) => string): readonly Help[] {
  const visit = (words: readonly string[]): readonly Help[] => {
    const text = ask(...words, '--help')
    const [, below = ''] = text.split(/^Commands:$/m)
    const names = [...below.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => name).filter(name => name !== 'help')
    return [{ command: words.join(' '), text }, ...names.flatMap(name => visit([...words, name]))]
  }
  return visit([])
}

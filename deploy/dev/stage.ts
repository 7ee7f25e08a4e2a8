/** Lays out an installation from the checkout: the sources, the packages of the lock file, and Node itself. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** What an installation needs of a workspace. Tests, notes and the settings of tools stay behind. */
const NEEDED =
  /^(gateway|shared|services\/[^/]+|deploy\/lab)\/(src|bin)\/|^((gateway|shared|services\/[^/]+|deploy\/lab)\/)?package\.json$|^(package-lock\.json|\.npmrc|LICENSE)$/

/**
 * Lay out what is tracked in `directory`, which is made anew.
 *
 * Our workspaces stand outside node_modules, which holds links to them: Node strips no types below a folder of that name.
 */
export function stage(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  const tracked = execFileSync('git', ['-C', ROOT, 'ls-files', '-z'], { encoding: 'utf8' }).split('\0')
  for (const file of tracked.filter(name => NEEDED.test(name))) {
    mkdirSync(dirname(join(directory, file)), { recursive: true })
    cpSync(join(ROOT, file), join(directory, file))
  }
  execFileSync('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: directory,
    stdio: ['ignore', 2, 2],
  })
  // What other programs are compiled against.
  for (const name of ['include', 'share'])
    rmSync(join(directory, 'node_modules', `node-linux-${process.arch}`, name), { recursive: true, force: true })
  // Where an operator can read what is inside: names, versions and licences of every package.
  const bill = execFileSync('npm', ['sbom', '--package-lock-only', '--omit=dev', '--sbom-format=cyclonedx'], {
    cwd: directory,
    maxBuffer: 64 * 1024 * 1024,
  })
  writeFileSync(join(directory, 'sbom.cdx.json'), bill)
  mkdirSync(join(directory, 'bin'))
  symlinkSync(`../node_modules/node-linux-${process.arch}/bin/node`, join(directory, 'bin', 'node'))
}

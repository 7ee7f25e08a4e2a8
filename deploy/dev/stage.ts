/** Lays out an installation from the checkout: the sources, the packages of the lock file, and Node itself. */
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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
  const plain = execFileSync(process.execPath, [join(ROOT, 'deploy/images/plain-bill.mjs')], { input: bill })
  writeFileSync(join(directory, 'sbom.cdx.json'), plain)
  prune(join(directory, 'node_modules'))
  mkdirSync(join(directory, 'bin'))
  symlinkSync(`../node_modules/node-linux-${process.arch}/bin/node`, join(directory, 'bin', 'node'))
}

/**
 * What packages carry and nothing here runs: notes and tests of their own, settings of their tools, pages that fetch
 * scripts from elsewhere, Node's headers, and programs for another C library. By paths below node_modules.
 */
const NEEDLESS = [
  /(^|\/)\.(?!bin$|package-lock\.json$)[^/]+$/,
  /^(.*\/node_modules\/)?(@[^/]+\/)?[^/@.]+\/(test|tests|benchmarks?|integration|docs|examples?|scripts)$/,
  /\.html$/,
  /^node-linux-[^/]+\/(include|share|lib|CHANGELOG\.md|README\.md)$/,
  /(^|\/)musl_[^/]+$|\.musl\.node$/,
] as const

/** Remove what is needless, and let nothing be executable but the programs. */
function prune(modules: string): void {
  for (const name of readdirSync(modules, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(modules, name)
    if (NEEDLESS.some(pattern => pattern.test(name))) rmSync(path, { recursive: true, force: true })
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.isFile() === true && !/(^|\/)bin\//.test(name)) chmodSync(path, 0o644)
  }
}

import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { promisify } from 'node:util'
import { readFileBounded } from '@cordon/shared/runtime/edge'
import type { Product } from '../sources/index.ts'
import { findVersions, isVersion } from '../versions/index.ts'

const run = promisify(execFile)
const LIMITS = { timeout: 10_000, maxBuffer: 65_536, killSignal: 'SIGKILL' } as const

/** Find the version on this machine, or null. It is compared here, and leaves this process for the user's eyes alone. */
export async function findInstalled({ settings }: Product): Promise<string | null> {
  const { installed, order = settings.kind === 'apt' ? 'debian' : 'dotted' } = settings
  if (installed === undefined) return null
  const { dpkg, flatpak, command, file, template = '{version}' } = installed
  try {
    if (dpkg !== undefined) {
      const text = await ask('dpkg-query', ['--status', dpkg])
      const version = /^Status: \S+ ok installed$/m.test(text) ? /^Version: (\S+)$/m.exec(text)?.[1] : undefined
      return version === undefined ? null : order === 'debian' ? version : upstreamOf(version)
    }
    if (flatpak !== undefined) return first(/^\s*Version:\s*(\S+)/m.exec(await ask('flatpak', ['info', flatpak]))?.[1])
    if (command !== undefined) {
      const [program = '', ...args] = command
      return first(...findVersions(template, await ask(program, args)))
    }
    if (file === undefined) return null
    const content = await readFileBounded(file.replace(/^~(?=\/)/, homedir()), LIMITS.maxBuffer)
    return first(...findVersions(template, content?.toString('utf8') ?? ''))
  } catch {
    return null // not installed, or it does not say: the verdict is unknown, and says why
  }
}

/** Programs are asked without the session: one that finds its running instance must not wake it. */
async function ask(program: string, args: readonly string[]): Promise<string> {
  const { PATH = '/usr/bin:/bin', HOME = homedir() } = process.env
  const { stdout } = await run(program, [...args], { ...LIMITS, env: { PATH, HOME, LC_ALL: 'C' } })
  return stdout
}

const first = (...versions: readonly (string | undefined)[]): string | null =>
  versions.find(version => version !== undefined && isVersion(version)) ?? null

/** What the project itself calls a version that Debian has packaged: without epoch, revision and repacking. */
const upstreamOf = (version: string): string =>
  version
    .replace(/^[0-9]+:/, '')
    .replace(/-[^-]*$/, '')
    .replace(/[+~](dfsg|ds|repack).*$/, '')

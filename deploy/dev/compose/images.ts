import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stage } from '../stage.ts'
import { must } from './command.ts'
import type { Engine } from './engine.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMPOSE_FILE = join(ROOT, 'compose.yaml')
const BASE = 'cordon-test/base:local'
const SERVICES = ['redis', 'tor', 'gateway', 'dns', 'clock', 'updates', 'supervisor', 'lab', 'tor-in-lab'] as const

/** What may be there already, from an earlier run: making either takes a minute or more. */
export interface Prepared {
  /** A Debian with the programs of the Dockerfile, as a tar archive. */
  readonly base?: string | undefined
  /** A directory with usr/lib/cordon in it. */
  readonly installation?: string | undefined
}

/** What a Debian image and npm's would be, made here: the engine is led to no registry. */
export function buildImages(work: string, { env, source }: Engine, prepared: Prepared): void {
  const base = prepared.base ?? join(work, 'base.tar')
  if (prepared.base === undefined) {
    const programs = /^ARG PROGRAMS="(.*)"$/m.exec(readFileSync(join(ROOT, 'deploy/images/Dockerfile'), 'utf8'))?.[1]
    const packages = `${programs} iproute2`.replaceAll(' ', ',')
    must(['mmdebstrap', '--variant=minbase', `--include=${packages}`, suiteOf(source), base, source], { env })
  }
  must(['docker', 'import', base, BASE], { env })
  const installation = prepared.installation ?? join(work, 'installation')
  if (prepared.installation === undefined) stage(join(installation, 'usr/lib/cordon'))
  const build = { args: { BASE }, additional_contexts: { installation } }
  // JSON is YAML.
  const services = Object.fromEntries(SERVICES.map(name => [name, { build }]))
  writeFileSync(overrideOf(work), JSON.stringify({ services }))
  compose(work, env, ['--profile', 'lab', 'build', 'redis', 'lab'])
}

const suiteOf = (source: string): string => source.split(' ').at(-2) ?? ''
const overrideOf = (work: string): string => join(work, 'build.json')

/** Run `docker compose` on the project's compose.yaml. */
export const compose = (work: string, env: NodeJS.ProcessEnv, words: readonly string[]): string =>
  must(['docker', 'compose', '--progress', 'plain', '-f', COMPOSE_FILE, '-f', overrideOf(work), ...words], {
    env,
    cwd: ROOT,
  })

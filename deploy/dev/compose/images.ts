import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { must } from './command.ts'
import type { Engine } from './engine.ts'
import { layOutInstallation } from './installation.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMPOSE_FILE = join(ROOT, 'compose.yaml')
const DOCKERFILE = join(ROOT, 'deploy/images/Dockerfile')
const BASE = 'cordon-test/base:local'
const SERVICES = ['redis', 'tor', 'gateway', 'dns', 'clock', 'updates', 'supervisor', 'lab', 'tor-in-lab'] as const

/** What may be there already, from an earlier run: making either takes a minute or more. */
export interface Prepared {
  /** A Debian with the programs of the Dockerfile, as a tar archive. */
  readonly base?: string | undefined
  /** A directory with usr/lib/cordon in it. */
  readonly installation?: string | undefined
}

/** What a Debian image would be, and what npm's would lay out, made here: the engine is led to no registry. */
export function buildImages(work: string, { env, source }: Engine, prepared: Prepared): void {
  const base = prepared.base ?? join(work, 'base.tar')
  if (prepared.base === undefined) {
    const programs = /^ARG PROGRAMS="(.*)"$/m.exec(readFileSync(DOCKERFILE, 'utf8'))?.[1]
    const packages = `${programs} iproute2`.replaceAll(' ', ',')
    must(['mmdebstrap', '--variant=minbase', `--include=${packages}`, suiteOf(source), base, source], { env })
  }
  must(['docker', 'import', base, BASE], { env })
  const installation = prepared.installation ?? join(work, 'installation')
  if (prepared.installation === undefined) layOutInstallation(DOCKERFILE, ROOT, installation, env)
  const build = { args: { BASE }, additional_contexts: { installation } }
  const volumes = [`${writeConfiguration(work)}:/etc/cordon:ro`]
  const services = Object.fromEntries(SERVICES.map(name => [name, name === 'lab' ? { build } : { build, volumes }]))
  // JSON is YAML.
  writeFileSync(overrideOf(work), JSON.stringify({ services: { ...services, spans: { build }, collector: STAND_IN } }))
  compose(work, env, ['--profile', 'lab', 'build', 'redis', 'lab'])
}

/** In place of the collector of OpenTelemetry, whose image is in a registry: takes what is posted, and says whose it is. */
const HEAR = `require('http').createServer((question, answer) => {
  let said = ''
  question.on('data', chunk => { said += chunk })
  question.on('end', () => {
    answer.end('{}')
    for (const { resource } of JSON.parse(said).resourceSpans) console.log(JSON.stringify(resource.attributes))
  })
}).listen(4318, '127.0.0.1')`

const STAND_IN = {
  image: 'cordon/part:local',
  entrypoint: ['node', '-e', HEAR],
  command: [],
  healthcheck: { test: ['CMD', 'true'] },
}

/** The configuration of the checkout is nobody's to change: one of this run, with what a profile of compose.yaml wants. */
function writeConfiguration(work: string): string {
  const directory = join(work, 'config')
  mkdirSync(directory)
  const telemetry = { collector: 'unix:/run/cordon/telemetry/collector.sock' }
  writeFileSync(join(directory, 'cordon.yaml'), JSON.stringify({ telemetry }))
  return directory
}

const suiteOf = (source: string): string => source.split(' ').at(-2) ?? ''
const overrideOf = (work: string): string => join(work, 'build.json')

/** Run `docker compose` on the project's compose.yaml. */
export const compose = (work: string, env: NodeJS.ProcessEnv, words: readonly string[]): string =>
  must(['docker', 'compose', '--progress', 'plain', '-f', COMPOSE_FILE, '-f', overrideOf(work), ...words], {
    env,
    cwd: ROOT,
  })

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from './command.ts'

/** The stage of the Dockerfile that lays out an installation; the others build on it. */
const STAGE = /^FROM \$\{NPM\} AS installation$([\s\S]*?)^FROM /m

/** The instructions that the stage may have. One that this file does not know would not be tested by it. */
const INSTRUCTIONS = /^WORKDIR (?<place>\/\S+)\nCOPY \. \.\nRUN (?<script>(?:.*\\\n)*.*)$/

/**
 * Do what stage `installation` of the Dockerfile does, below `root`, with its own words: the context as the engine sends
 * it, and the very script, run by the shell and the npm of this machine. The engine itself is led to no registry.
 */
export function layOutInstallation(dockerfile: string, context: string, root: string, env: NodeJS.ProcessEnv): void {
  const stage = STAGE.exec(readFileSync(dockerfile, 'utf8'))?.[1] ?? ''
  const text = stage.replaceAll(/^#.*$/gm, '').trim()
  const { place, script } = INSTRUCTIONS.exec(text)?.groups ?? {}
  if (place === undefined || script === undefined) throw new Error(`stage installation has unknown lines:\n${text}`)
  const directory = join(root, place)
  mkdirSync(directory, { recursive: true })
  const copy = ['docker', 'buildx', 'build', '--file', '-', '--output', `type=local,dest=${directory}`, context]
  must(copy, { env, input: 'FROM scratch\nCOPY . .\n' })
  // As the engine runs it (Dockerfile reference, "RUN"), and with this machine's settings of npm.
  must(['/bin/sh', '-c', script], { cwd: directory })
}

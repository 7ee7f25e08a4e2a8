import { spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { type Outcome, run } from './command.ts'
import type { Engine } from './engine.ts'
import { compose } from './images.ts'

/** On a busy machine a part takes half a minute to be well again. */
const HEALTHY_MS = 240_000

/** One container, as the engine tells of it. */
interface ContainerState {
  readonly pid: number
  readonly health: string
  readonly restarts: number
}

/** The project of compose.yaml on one engine. */
export class Project {
  readonly #work: string
  readonly #engine: Engine

  constructor(work: string, engine: Engine) {
    this.#work = work
    this.#engine = engine
  }

  compose(...words: readonly string[]): string {
    return compose(this.#work, this.#engine.env, words)
  }

  docker(...words: readonly string[]): Outcome {
    return run(['docker', ...words], { env: this.#engine.env })
  }

  nameOf(service: string): string {
    return `cordon-${service}-1`
  }

  /** Run a program in the container of a service, as its user. */
  exec(service: string, ...command: readonly string[]): Outcome {
    return this.docker('exec', this.nameOf(service), ...command)
  }

  stateOf(service: string): ContainerState {
    const format = '{{.State.Pid}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{.RestartCount}}'
    const { stdout } = this.docker('inspect', '--format', format, this.nameOf(service))
    const [pid = '0', health = 'gone', restarts = '0'] = stdout.trim().split(' ')
    return { pid: Number(pid), health, restarts: Number(restarts) }
  }

  services(): readonly string[] {
    const { stdout } = this.docker('ps', '--format', '{{.Label "com.docker.compose.service"}}')
    return stdout.split('\n').filter(name => name !== '')
  }

  /** Wait until `holds`; false if it never does. */
  async until(holds: () => boolean): Promise<boolean> {
    const deadline = performance.now() + HEALTHY_MS
    while (!holds()) {
      if (performance.now() > deadline) return false
      await wait(500)
    }
    return true
  }

  /** Fetch the lab's page through the port of an app, as a program outside the containers does. */
  async fetch(app: string): Promise<string> {
    // The volume as root of the host sees it; whoever is not root needs it bound to a path (deploy/README.md).
    const socket = `/proc/${this.stateOf('gateway').pid}/root/run/cordon/apps/${app}.sock`
    const args = ['--silent', '--show-error', '--max-time', '60', '--proxy', `socks5h://localhost${socket}`]
    const child = spawn('curl', [...args, 'http://check.example/'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', chunk => {
        said += chunk
      })
    await new Promise(resolve => child.once('close', resolve))
    return said
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from '../../../../shared/test/until.ts'

const UPLINK = fileURLToPath(new URL('../fixtures/uplink.ts', import.meta.url))
const COMMAND = fileURLToPath(new URL('../../../supervisor/bin/cordon.js', import.meta.url))

/** How a frame begins that is sent to see how far the capture is: from nobody to nobody. */
const MARK = '02'.repeat(14)

/** Who runs a command, as words before it. The user's files are those of whoever runs the tests. */
export const AS = {
  root: [],
  user: ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'],
} as const
export type Who = keyof typeof AS

/** What a command left. */
export interface Ran {
  readonly status: number
  readonly out: string
  readonly err: string
}

/** A workstation with an uplink that swallows everything and on which every frame is seen. */
export class Workstation {
  readonly frames: string[] = []
  /** Frames of {@link flush} that were seen: each comes twice, at both ends of the uplink. */
  readonly #marks = new Set<string>()
  #flushes = 0
  readonly #child: ChildProcess
  readonly #options: readonly string[]
  readonly #userNamespace: boolean

  private constructor(child: ChildProcess, options: readonly string[], userNamespace: boolean) {
    this.#child = child
    this.#options = options
    this.#userNamespace = userNamespace
  }

  /**
   * Make one. `options` name the instance of Cordon that its commands use, which is outside and has no network. With root's
   * own rights and no user namespace, there are other users in it.
   */
  static async open(options: readonly string[], { userNamespace = true } = {}): Promise<Workstation> {
    const namespaces = [
      ...(userNamespace ? ['--user', '--map-root-user'] : []),
      '--net',
      '--mount',
      '--propagation',
      'private',
    ]
    const child = spawn('unshare', [...namespaces, '--', process.execPath, UPLINK], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const workstation = new Workstation(child, options, userNamespace)
    await new Promise<void>((resolve, reject) => {
      child.once('close', () => reject(new Error('the workstation ended')))
      createInterface({ input: child.stdout }).on('line', line => {
        if (line === 'ready') resolve()
        else if (line.startsWith(MARK)) workstation.#marks.add(line)
        else workstation.frames.push(line)
      })
    })
    return workstation
  }

  /** Start a command there. */
  start(who: Who, command: readonly string[], env: NodeJS.ProcessEnv = process.env, extra: readonly number[] = []) {
    const enter = [
      ...(this.#userNamespace ? ['--user', '--preserve-credentials'] : []),
      '--net',
      '--mount',
      '--target',
      String(this.#child.pid),
      '--wd=/',
      '--',
    ]
    const options = { env, stdio: ['pipe', 'pipe', 'pipe', ...extra] as ('pipe' | number)[] }
    return spawn('nsenter', [...enter, ...AS[who], ...command], options)
  }

  /** Run a command there to its end. */
  async run(who: Who, command: readonly string[], env?: NodeJS.ProcessEnv, extra?: readonly number[]): Promise<Ran> {
    return await finish(this.start(who, command, env, extra))
  }

  /** The `cordon` command with its words. */
  cordon(...words: readonly string[]): readonly string[] {
    return [process.execPath, COMMAND, ...this.#options, ...words]
  }

  /** Wait until a frame of our own is on the wire, which shows that all before it have been seen. */
  async flush(): Promise<void> {
    const frame = `${MARK}${Buffer.from(`flush-${++this.#flushes}`).toString('hex')}`
    // A packet socket writes past all rules.
    const send = `import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(('up0', 0)); s.send(bytes.fromhex('${frame}'))`
    await this.run('root', ['/usr/bin/python3', '-c', send])
    await until('a capture that sees all', () => this.#marks.has(frame))
  }

  /** Forget all frames until now, also those that are still on their way to us. */
  async forget(): Promise<void> {
    await this.flush()
    this.frames.length = 0
  }

  async close(): Promise<void> {
    const closed = once(this.#child, 'close')
    this.#child.stdin?.end()
    await closed
  }
}

/** Wait for the end of a command and keep what it printed. */
export async function finish(child: ChildProcess): Promise<Ran> {
  let [out, err] = ['', '']
  child.stdin?.end()
  child.stdout?.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    err += text
  })
  await once(child, 'close')
  return { status: child.exitCode ?? 128, out, err }
}

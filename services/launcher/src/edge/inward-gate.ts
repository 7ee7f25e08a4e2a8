import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { listenPrivately } from '@cordon/shared/runtime/edge/private-socket'
import { ANSWER, type InwardAnswer, PORT_BYTES, readPort } from '../confine/inward.ts'
import { relaySockets } from './relay.ts'

const CONNECTOR = fileURLToPath(new URL('connect-inside.ts', import.meta.url))

/** The gateway sends the port at once, unless the machine is held up. Arbitrary, far above. */
const PORT_DEADLINE_MS = 30_000

/** Where the namespace is, and how to get in. */
export interface InwardPlace {
  /** A process in it. */
  readonly pid: number
  readonly nsenter: string
  readonly userNamespace: boolean
}

/** Offer the way in on the AF_UNIX socket at `path`. Of two runs of one app the first has it. */
export async function openInwardGate(path: string, place: InwardPlace): Promise<Disposable> {
  const connector = new Connector(place)
  const server = createServer({ allowHalfOpen: true }, outer => {
    outer.on('error', () => {}) // told by its close
    void admit(outer, connector)
  })
  const isOurs = await listenPrivately(server, path).then(
    () => true,
    () => false,
  )
  return {
    [Symbol.dispose]: () => {
      if (isOurs) server.close()
      connector.end()
    },
  }
}

async function admit(outer: Socket, connector: Connector): Promise<void> {
  const port = await readFirst(outer)
  const inner = port === undefined ? undefined : await connector.connect(port)
  if (inner === undefined) {
    outer.end(ANSWER.refused)
    return
  }
  // Options do not travel with a socket.
  Object.assign(inner, { allowHalfOpen: true })
  outer.write(ANSWER.connected)
  relaySockets(inner, outer)
}

/** Read the port off a stream and leave what follows. */
async function readFirst(outer: Socket): Promise<number | undefined> {
  return await new Promise(resolve => {
    const settle = (port: number | undefined): void => {
      clearTimeout(timer)
      outer.off('readable', look).off('end', gone).off('close', gone)
      resolve(port)
    }
    const look = (): void => {
      const bytes: Buffer | null = outer.read(PORT_BYTES)
      if (bytes !== null) settle(readPort(bytes))
    }
    const gone = (): void => settle(undefined)
    const timer = setTimeout(gone, PORT_DEADLINE_MS)
    outer.on('readable', look).on('end', gone).on('close', gone)
  })
}

/** The process inside, started when it is first needed. */
class Connector {
  readonly #place: InwardPlace
  readonly #asked = new Map<number, (socket: Socket | undefined) => void>()
  #child: ChildProcess | undefined
  #serial = 0

  constructor(place: InwardPlace) {
    this.#place = place
  }

  /** Connect to a port of the namespace's loopback device, or resolve with undefined where nobody listens. */
  async connect(port: number): Promise<Socket | undefined> {
    this.#child ??= this.#start()
    const serial = ++this.#serial
    return await new Promise(resolve => {
      this.#asked.set(serial, resolve)
      this.#child?.send({ serial, port })
    })
  }

  end(): void {
    if (this.#child?.connected === true) this.#child.disconnect()
  }

  #start(): ChildProcess {
    const { nsenter, pid, userNamespace } = this.#place
    const user = userNamespace ? ['--user', '--preserve-credentials'] : []
    const child = spawn(nsenter, ['--target', `${pid}`, ...user, '--net', '--', process.execPath, CONNECTOR], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    child.on('message', ({ serial, connected }: InwardAnswer, handle) => {
      this.#asked.get(serial)?.(connected ? (handle as Socket) : undefined)
      this.#asked.delete(serial)
    })
    const gone = (): void => {
      for (const refuse of this.#asked.values()) refuse(undefined)
      this.#asked.clear()
      this.#child = undefined
    }
    child.on('exit', gone).on('error', gone)
    return child
  }
}

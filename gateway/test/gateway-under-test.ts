import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { layOutRuntime, type RuntimeLayout } from '@cordon/shared/contracts'
import { readConfiguration, writeFileAtomically } from '@cordon/shared/runtime/edge'
import { encodeGreeting, encodeRequest, encodeUserPassword, parseTarget, type SocksCommand } from '@cordon/shared/socks'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import type { Test } from 'tap'
import { Agent, request as httpRequest } from 'undici'
import { until } from '../../shared/test/until.ts'
import { Gateway } from '../src/edge/gateway.ts'
import { FakeTor } from './fake-tor.ts'

export { until }

/** A gateway in this process, with a fake tor behind it and directories of its own. */
export class GatewayUnderTest {
  readonly tor: FakeTor
  readonly layout: RuntimeLayout
  readonly directory: string
  /** Strict: what is not on the allow-list throws. */
  readonly telemetry = openTelemetry({ part: 'gateway', strict: true })
  readonly #agent: Agent
  #gateway: Gateway | undefined

  private constructor(tor: FakeTor, directory: string) {
    this.tor = tor
    this.directory = directory
    this.layout = layOutRuntime(join(directory, 'run'))
    this.#agent = new Agent({ connect: { socketPath: this.layout.gatewaySocket } })
  }

  /** Open one; `configuration` is what cordon.yaml says besides where tor is. It closes with the test. */
  static async open(t: Test, configuration = ''): Promise<GatewayUnderTest> {
    const under = new GatewayUnderTest(await FakeTor.open(), await mkdtemp(join(tmpdir(), 'cordon-gw-')))
    t.teardown(() => under.#close())
    await under.configure(configuration)
    await under.start()
    return under
  }

  get configurationPath(): string {
    return join(this.directory, 'cordon.yaml')
  }

  async configure(configuration: string): Promise<void> {
    const { socksPath, directory } = this.tor
    const passwordFile = join(this.directory, 'password')
    await writeFile(passwordFile, 'x')
    const places = `control: 'unix:${directory}/control.sock', socks: 'unix:${socksPath}'`
    const external = `tor:\n  external: { ${places}, passwordFile: '${passwordFile}' }\n`
    // Whole at once: the gateway may look at any moment, and half a file is another configuration.
    await writeFileAtomically(this.configurationPath, `${external}${configuration}`)
  }

  async start(): Promise<void> {
    this.#gateway = await Gateway.open({
      configurationFile: this.configurationPath,
      configuration: await readConfiguration(this.configurationPath),
      stateDirectory: join(this.directory, 'state'),
      layout: this.layout,
      telemetry: this.telemetry,
    })
  }

  async stop(): Promise<void> {
    await this.#gateway?.close()
    this.#gateway = undefined
  }

  reload(): void {
    this.#gateway?.reload()
  }

  /** Ask the admin API. */
  async api(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: never }> {
    const answer = await httpRequest(`http://cordon${path}`, {
      method,
      dispatcher: this.#agent,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    return { status: answer.statusCode, body: (text === '' ? undefined : JSON.parse(text)) as never }
  }

  /** Ask the admin API for text. */
  async text(path: string): Promise<string> {
    return await (await httpRequest(`http://cordon${path}`, { dispatcher: this.#agent })).body.text()
  }

  /** Find the port of an app. */
  async portOf(app: string): Promise<number> {
    const { body } = await this.api('GET', '/v1/apps')
    const { apps } = body as { apps: { id: string; port: number }[] }
    const port = apps.find(({ id }) => id === app)?.port
    if (port === undefined) throw new Error(`no app ${app}`)
    return port
  }

  async #close(): Promise<void> {
    await this.#agent.close()
    await this.stop()
    await this.tor.close()
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** A client of an app port that collects what it hears. */
export class Client {
  readonly socket: Socket
  heard: Buffer = Buffer.alloc(0)
  ended = false
  closed = false

  constructor(where: { port: number; host?: string } | { path: string }) {
    this.socket = connect({ allowHalfOpen: true, ...where } as never)
    this.socket.on('data', chunk => {
      this.heard = Buffer.concat([this.heard, chunk])
    })
    this.socket.on('end', () => {
      this.ended = true
    })
    this.socket.on('close', () => {
      this.closed = true
    })
    this.socket.on('error', () => {})
  }

  send(...bytes: readonly (Uint8Array | string)[]): this {
    for (const part of bytes) this.socket.write(part)
    return this
  }

  /** Wait until `count` bytes have come, and take them. */
  async take(count: number): Promise<string> {
    await until(`${count} bytes, had ${this.heard.length}`, () => this.heard.length >= count)
    const taken = this.heard.subarray(0, count)
    this.heard = this.heard.subarray(count)
    return taken.toString('hex')
  }

  /** Wait until the other side has ended, and give all that it said. */
  async rest(): Promise<string> {
    await until('the end', () => this.ended || this.closed)
    return this.heard.toString('hex')
  }

  async gone(): Promise<void> {
    await until('the end', () => this.ended || this.closed)
    this.socket.end()
    await until('the close', () => this.closed)
  }
}

/** SOCKS5 greeting and request in one, with credentials if given. */
export function ask(
  host: string,
  { port = 80, command = 'connect' as SocksCommand, user = undefined as string | undefined, password = '' } = {},
): Buffer {
  const request = encodeRequest(command, { target: parseTarget(host), port })
  if (user === undefined) return Buffer.concat([encodeGreeting(0), request])
  const credentials = encodeUserPassword({ user: Buffer.from(user), password: Buffer.from(password) })
  return Buffer.concat([encodeGreeting(2), credentials, request])
}

/** Hexadecimal of a whole SOCKS5 reply without an address. */
export const reply = (code: number): string => `05${code.toString(16).padStart(2, '0')}0001000000000000`

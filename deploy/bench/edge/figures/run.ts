import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Effort, Figure } from '../../figure.ts'
import { compareRounds, median, type Round } from '../../statistics.ts'
import { startGateway } from '../gateway-alone.ts'
import { Workplace } from '../workplace.ts'

const COMMAND = fileURLToPath(new URL('../../../../services/supervisor/bin/cordon.js', import.meta.url))
const BYTES = 256_000_000
const CONNECTIONS = 300

/**
 * Connects again and again and downloads once, by SOCKS5 where a port is given; prints the median of the connections in
 * milliseconds and the download in seconds. The same program on both sides: only the way differs.
 */
const CLIENT = `import socket, statistics, sys, time
port, count, size = map(int, sys.argv[1:])
def fetch(n):
    s = socket.create_connection(('127.0.0.1', port) if port else ('198.51.100.7', 80))
    if port:
        s.sendall(b'\\x05\\x01\\x00'); s.recv(2); s.sendall(b'\\x05\\x01\\x00\\x01' + socket.inet_aton('198.51.100.7') + b'\\x00\\x50'); s.recv(10)
    s.sendall(b'send %d\\n' % n); got = 0; b = bytearray(262144)
    while got < n:
        r = s.recv_into(b)
        if r == 0: raise SystemExit('cut short')
        got += r
    s.close()
def timed(n):
    t = time.perf_counter(); fetch(n); return time.perf_counter() - t
for _ in range(20): fetch(1)
print(statistics.median(timed(1) for _ in range(count)) * 1000, timed(size))`

/** `cordon run`: what confinement costs a program over the app's port, and at its start. */
export async function measureRun({ rounds, say }: Effort): Promise<Figure> {
  await using work = await Workplace.open()
  const directory = join(work.directory, 'gateway')
  const gateway = await startGateway(work.programs, { directory, socksPath: work.socksPath, apps: ['bench'] })
  const places = ['--runtime-dir', join(directory, 'run'), '--state-dir', join(directory, 'state')]
  const confined = [process.execPath, COMMAND, ...places, 'run', 'bench', '--']
  const port = gateway.apps.find(({ id }) => id === 'bench')?.port ?? 0
  const client = (port: number): readonly string[] => [
    ...['/usr/bin/python3', '-c', CLIENT],
    ...[port, CONNECTIONS, BYTES].map(String),
  ]
  await time([...confined, 'true']) // its sources are compiled once
  const [starts, connections, downloads]: [number[], number[], Round[]] = [[], [], []]
  for (let round = 1; round <= rounds; round++) {
    say(`run, round ${round} of ${rounds}`)
    starts.push((await time([...confined, 'true'])) - (await time(['true'])))
    const ours = await measureClient([...confined, ...client(0)])
    const reference = await measureClient(client(port))
    connections.push(ours.connectionMs - reference.connectionMs)
    downloads.push({ ours: BYTES / ours.seconds / 1e9, reference: BYTES / reference.seconds / 1e9 })
  }
  const speed = compareRounds(downloads)
  return {
    name: 'run',
    title: 'a confined program, without tor',
    rows: [
      { what: 'start of true, more than unconfined', unit: 'ms', ours: median(starts), budget: { atMost: 250 } },
      { what: 'a connection, more than by the port', unit: 'ms', ours: median(connections), budget: { atMost: 1.5 } },
      {
        what: 'download',
        unit: 'GB/s',
        ours: speed.ours,
        reference: { name: 'app port', value: speed.reference },
        ratio: speed.ratio,
        budget: { atLeast: 0.5 },
      },
    ],
    notes: [
      `${CONNECTIONS} connections one after the other, each a request of one byte; ${BYTES / 1e6} MB a download`,
      'behind a stand-in for tor on this machine: through tor the difference does not show',
    ],
  }
}

const start = ([program = '', ...args]: readonly string[]): ChildProcess =>
  spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] })

/** Run a command to its end; return the milliseconds that it took. */
async function time(command: readonly string[]): Promise<number> {
  const before = performance.now()
  const child = start(command)
  child.stdout?.resume()
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`${command.at(-1)} ended with ${status}`)
  return performance.now() - before
}

async function measureClient(command: readonly string[]): Promise<{ connectionMs: number; seconds: number }> {
  const child = start(command)
  const said = child.stdout === null ? '' : await text(child.stdout)
  const [connectionMs = Number.NaN, seconds = Number.NaN] = said.trim().split(' ').map(Number)
  return { connectionMs, seconds }
}

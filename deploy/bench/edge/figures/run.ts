import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Effort, Figure } from '../../figure.ts'
import { compareRounds, median, type Round } from '../../statistics.ts'
import { COMMAND } from '../cordon-up.ts'
import { startGateway } from '../gateway-alone.ts'
import { readEndedCpuMs, readFamilyPssKiB } from '../process-cost.ts'
import { Workplace } from '../workplace.ts'

const BYTES = 256_000_000
const CONNECTIONS = 300

/**
 * Connects again and again and downloads once, by SOCKS5 where a port is given; prints the median of the connections in
 * milliseconds and the download in seconds, and stays until its standard input ends. The same program on both sides: only
 * the way differs.
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
print(statistics.median(timed(1) for _ in range(count)) * 1000, timed(size), flush=True)
sys.stdin.read()`

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
  const [starts, costs, connections, memory]: [number[], number[], number[], number[]] = [[], [], [], []]
  const downloads: Round[] = []
  for (let round = 1; round <= rounds; round++) {
    say(`run, round ${round} of ${rounds}`)
    const [confinedStart, bare] = [await time([...confined, 'true']), await time(['true'])]
    starts.push(confinedStart.ms - bare.ms)
    costs.push(confinedStart.cpuMs - bare.cpuMs)
    const ours = await measureClient([...confined, ...client(0)], pid => {
      memory.push(readFamilyPssKiB(pid, 'python3') / 1024)
    })
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
      { what: '  in processor time', unit: 'ms', ours: median(costs) },
      { what: 'memory, without the program', unit: 'MiB', ours: median(memory), budget: { atMost: 50 } },
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
      'behind a stand-in for tor on this machine',
      'memory is PSS, after the download: the text of Node is shared with the four other Nodes of this bench',
    ],
  }
}

const start = ([program = '', ...args]: readonly string[]) =>
  spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })

/** Run a command to its end; return the time that it took, and its processor time. */
async function time(command: readonly string[]): Promise<{ readonly ms: number; readonly cpuMs: number }> {
  const [before, cpuBefore] = [performance.now(), readEndedCpuMs()]
  const child = start(command)
  child.stdout.resume()
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`${command.at(-1)} ended with ${status}`)
  return { ms: performance.now() - before, cpuMs: readEndedCpuMs() - cpuBefore }
}

/** Run the client to its end. `look` sees it when it has done its work and has not ended yet. */
async function measureClient(
  command: readonly string[],
  look: (pid: number) => void = () => {},
): Promise<{ connectionMs: number; seconds: number }> {
  const child = start(command)
  let said = ''
  for await (const text of child.stdout.setEncoding('utf8')) {
    said += text
    if (!said.endsWith('\n')) continue
    look(child.pid ?? 0)
    child.stdin.end()
  }
  const [connectionMs = Number.NaN, seconds = Number.NaN] = said.trim().split(' ').map(Number)
  return { connectionMs, seconds }
}

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Effort, Figure } from '../../figure.ts'
import { compareRounds } from '../../statistics.ts'
import { type CordonOnLab, orderOf, type Way } from '../cordon-on-lab.ts'

/** As `throughput` has it for one stream: some two seconds. */
const BYTES = 24_000_000

/**
 * Downloads as many bytes as each line of its standard input says, by SOCKS5 where a port is given, and prints the
 * seconds. The same program on both sides: only the way differs.
 */
const CLIENT = `import socket, sys, time
port = int(sys.argv[1])
def take(s, n):
    while n > 0: n -= len(s.recv(n) or sys.exit('cut short'))
def fetch(n):
    s = socket.create_connection(('127.0.0.1', port) if port else ('bulk.example', 80))
    if port:
        s.sendall(b'\\x05\\x01\\x00'); take(s, 2); s.sendall(b'\\x05\\x01\\x00\\x03\\x0cbulk.example\\x00\\x50'); take(s, 10)
    s.sendall(b'GET /%d HTTP/1.0\\r\\nHost: bulk.example\\r\\n\\r\\n' % n); got = 0; b = bytearray(262144)
    while r := s.recv_into(b): got += r
    if got < n: sys.exit('cut short')
for line in sys.stdin:
    t = time.perf_counter(); fetch(int(line)); print(time.perf_counter() - t, flush=True)`

/** A download of a confined program through tor, against one by the app's port: the same app, and so the same circuit. */
export async function measureRunThroughTor(lab: CordonOnLab, { rounds, say }: Effort): Promise<Figure> {
  const [confined, outside] = [new Client(lab.confine(clientOf(0))), new Client(clientOf(lab.port))]
  try {
    // The first asks for the circuit.
    for (const client of [outside, confined]) await client.seconds(1)
    const downloads = []
    for (let round = 1; round <= rounds; round++) {
      say(`run through tor, round ${round} of ${rounds}`)
      const sample: Record<Way, number> = { app: 0, tor: 0 }
      // Forth and back, as elsewhere; `app` is the way that is measured, `tor` its reference.
      for (const way of [...orderOf(round), ...orderOf(round + 1)])
        sample[way] += BYTES / (await (way === 'app' ? confined : outside).seconds(BYTES)) / 1e6
      downloads.push({ ours: sample.app / 2, reference: sample.tor / 2 })
    }
    const { ours, reference, ratio } = compareRounds(downloads)
    const row = { what: 'download', unit: 'MB/s', ours, reference: { name: 'app port', value: reference }, ratio }
    return {
      name: 'run-through-tor',
      title: 'a confined program, through tor',
      rows: [{ ...row, budget: { atLeast: 0.98 } }],
      notes: [`${BYTES / 1e6} MB, twice each way a round, on one circuit of the app`],
    }
  } finally {
    for (const client of [confined, outside]) client.end()
  }
}

const clientOf = (port: number): readonly string[] => ['/usr/bin/python3', '-c', CLIENT, String(port)]

class Client {
  readonly #child
  readonly #lines

  constructor([program = '', ...args]: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  async seconds(bytes: number): Promise<number> {
    this.#child.stdin.write(`${bytes}\n`)
    const { value } = await this.#lines.next()
    if (value === undefined) throw new Error('a download ended early')
    return Number(value)
  }

  end(): void {
    this.#child.stdin.end()
  }
}

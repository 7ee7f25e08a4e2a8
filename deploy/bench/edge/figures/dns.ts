import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import { AnswerCache, shareCache } from '../../../../services/dns/src/cache/index.ts'
import { encodeBody } from '../../../../services/dns/src/wire/index.ts'
import type { Effort, Figure, Row } from '../../figure.ts'
import { compareRounds, type Round } from '../../statistics.ts'
import { CordonUp } from '../cordon-up.ts'
import type { Lab } from '../lab.ts'
import { Programs } from '../programs.ts'
import { readCommand } from '../tor-alone.ts'

/** Names that the lab resolves. */
const NAMES = ['check.example', 'bulk.example', 'four.dns.example', 'dual.dns.example'] as const
const SECONDS_EACH = 3
/** Questions under way at a time: dnsperf's own default. */
const AT_ONCE = 100
const TOR_PORT = 5399
const UNBOUND_PORT = 5398

/** Apps and names of each, in memory. */
const APPS = 100
const NAMES_EACH = 10_000

type Server = 'cordon' | 'tor' | 'unbound'

/** Cached questions a second against tor's DNSPort and unbound, and what full caches hold in memory. */
export async function measureDns(lab: Lab, { rounds, say }: Effort): Promise<Figure> {
  await using programs = new Programs()
  const directory = await programs.makeDirectory()
  const cordon = await CordonUp.start(programs, { lab, directory })
  const questions = join(directory, 'questions')
  await writeFile(questions, NAMES.map(name => `${name} A\n`).join(''))
  await startUnbound(programs, directory)
  await startTor(programs, { lab, directory, command: readCommand(cordon.pidOf('tor')) })
  const ports: Record<Server, number> = { cordon: cordon.dnsPort, tor: TOR_PORT, unbound: UNBOUND_PORT }
  const ask = async (server: Server, seconds: number): Promise<number> => {
    const inside = ['--preserve-credentials', '--user', '--net', '--target', String(lab.pid), '--', 'dnsperf']
    const where = ['-s', '127.0.0.1', '-p', String(ports[server]), '-d', questions]
    const args = [...where, '-l', String(seconds), '-q', String(AT_ONCE), '-O', 'suppress=timeout']
    // Tor's port is in the lab's network.
    const child =
      server === 'tor'
        ? programs.spawn('nsenter', [...inside, ...args], ['ignore', 'pipe', 'ignore'])
        : programs.spawn('dnsperf', args, ['ignore', 'pipe', 'ignore'])
    if (child.stdout === null) throw new Error('dnsperf has no standard output')
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')])
    const [, rate] = /Queries per second:\s+([0-9.]+)/.exec(said) ?? []
    const [, answered] = /NOERROR ([0-9]+)/.exec(said) ?? []
    if (rate === undefined || answered === undefined) throw new Error(`${server} did not answer: ${said}`)
    return Number(rate)
  }
  for (const server of ['cordon', 'tor', 'unbound'] as const) await ask(server, 2) // fills caches and builds circuits
  const against: Record<'tor' | 'unbound', Round[]> = { tor: [], unbound: [] }
  for (let round = 1; round <= rounds; round++) {
    say(`dns, round ${round} of ${rounds}`)
    for (const server of ['tor', 'unbound'] as const) {
      const first = round % 2 === 0 ? await ask(server, SECONDS_EACH) : undefined
      const ours = await ask('cordon', SECONDS_EACH)
      against[server].push({ ours, reference: first ?? (await ask(server, SECONDS_EACH)) })
    }
  }
  return {
    name: 'dns',
    title: 'questions of an app to its own resolver, on the lab',
    rows: [
      row("cached, against tor's DNSPort", 'tor', against.tor, 10),
      row('cached, against unbound', 'unbound', against.unbound, 0.5),
      { what: `memory of ${APPS} caches of ${NAMES_EACH} names`, unit: 'MiB', ours: measureCaches() },
    ],
    notes: [
      `dnsperf, UDP, ${NAMES.length} names, ${AT_ONCE} under way, ${SECONDS_EACH} s each; ways take turns`,
      "tor keeps no answers at its DNSPort: each question is a look-up at an exit; unbound's names are its own data",
      'the memory is that of the caches alone, of one A record a name, without the sockets of the apps',
    ],
  }
}

function row(what: string, name: string, rounds: readonly Round[], atLeast: number): Row {
  const { ours, reference, ratio } = compareRounds(rounds)
  return { what, unit: '1/s', ours, reference: { name, value: reference }, ratio, budget: { atLeast } }
}

/** Fill the caches of many apps, and give what they hold, in MiB. */
function measureCaches(): number {
  const collect = globalThis.gc
  collect?.()
  const before = process.memoryUsage()
  const caches = Array.from({ length: APPS }, (_, at) => {
    const cache = new AnswerCache({ mostBytes: shareCache(1), seed: at })
    const now = monotonicNow()
    for (let name = 0; name < NAMES_EACH; name++) {
      const body = encodeBody({ type: 'A', address: '198.51.100.4', ttl: 60 })
      if (body !== undefined) cache.keep(Buffer.from(`1 name-${name}.dns.example`), { rcode: 0, body }, 60, now)
    }
    return cache
  })
  collect?.()
  const after = process.memoryUsage()
  const held =
    after.heapUsed + after.external + after.arrayBuffers - before.heapUsed - before.external - before.arrayBuffers
  return caches.length === APPS ? held / 1024 / 1024 : Number.NaN
}

async function startUnbound(programs: Programs, directory: string): Promise<void> {
  const file = join(directory, 'unbound.conf')
  const lines = [
    'server:',
    '  interface: 127.0.0.1',
    `  port: ${UNBOUND_PORT}`,
    '  do-daemonize: no',
    '  username: ""',
    '  chroot: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    '  logfile: ""',
    '  module-config: "iterator"',
    ...NAMES.map(name => `  local-data: "${name}. 60 IN A 198.51.100.4"`),
    'remote-control:',
    '  control-enable: no',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  programs.spawn('unbound', ['-d', '-c', file], ['ignore', 'ignore', 'ignore'])
}

/** Start a second tor in the lab that has a DNSPort, and wait until it has circuits. */
async function startTor(
  programs: Programs,
  { lab, directory, command }: { lab: Lab; directory: string; command: readonly string[] },
): Promise<void> {
  const data = join(directory, 'tor-dns')
  await mkdir(data, { mode: 0o700 })
  const enter = ['--preserve-credentials', '--user', '--net', '--target', String(lab.pid), '--']
  // On the command line an option stands in place of all of its kind in the torrc.
  const own = ['--DataDirectory', data, '--SocksPort', '0', '--ControlPort', '0', '--CookieAuthentication', '0']
  const args = [...command, ...own, '--DNSPort', `127.0.0.1:${TOR_PORT}`, '--Log', 'notice stdout']
  const child = programs.spawn('nsenter', [...enter, ...args], ['ignore', 'pipe', 'ignore'])
  child.stdout?.setEncoding('utf8')
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += chunk
    if (said.includes('Bootstrapped 100%')) {
      child.stdout?.resume()
      return
    }
  }
  throw new Error(`tor with a DNSPort did not start: ${said}`)
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { askApi } from '@cordon/shared/api/edge/ask-api'
import { layOutRuntime } from '@cordon/shared/contracts'
import { AnswerCache, shareCache } from '../../../../services/dns/src/cache/index.ts'
import { encodeBody } from '../../../../services/dns/src/wire/index.ts'
import type { Effort, Figure, Row } from '../../figure.ts'
import { compareRounds, median, type Round } from '../../statistics.ts'
import { standBetween } from '../between-gateway-and-tor.ts'
import { APP, CordonUp, runtimeIn } from '../cordon-up.ts'
import { type Answered, AT_ONCE, askInARow, type NameServer } from '../dnsperf.ts'
import type { Lab } from '../lab.ts'
import { startTorDns, startUnbound } from '../name-servers.ts'
import { Programs } from '../programs.ts'
import { timeQuestion, timeResolve } from '../timed-name.ts'
import { readCommand } from '../tor-alone.ts'

/** Names that the lab resolves. */
const NAMES = ['check.example', 'bulk.example', 'four.dns.example', 'dual.dns.example'] as const
const SECONDS_EACH = 3

/** Circuits of each way in each round. */
const FRESH_CIRCUITS = 8
/** Names on each circuit that nobody asked for before. */
const FRESH_EACH = 4

/** Apps and names of each, in memory. */
const APPS = 100
const NAMES_EACH = 10_000

/** Cached questions against tor's DNSPort and unbound, others against tor's RESOLVE, and what full caches take. */
export async function measureDns(lab: Lab, { rounds, say }: Effort): Promise<Figure> {
  await using programs = new Programs()
  const directory = await programs.makeDirectory()
  const cordon = await CordonUp.start(programs, { lab, directory })
  const questions = join(directory, 'questions')
  await writeFile(questions, NAMES.map(name => `${name} A\n`).join(''))
  const ours: NameServer = { pid: cordon.pidOf('dns'), port: cordon.dnsPort, inLab: false }
  const fresh = await compareFresh({ port: cordon.dnsPort, directory, rounds, say })
  const others = {
    tor: await startTorDns(programs, { lab, directory, command: readCommand(cordon.pidOf('tor')) }),
    unbound: await startUnbound(programs, { directory, names: NAMES }),
  }
  const askAgain = (server: NameServer, seconds: number): Promise<Answered> =>
    askInARow(programs, { lab, server, questions, seconds })
  for (const server of [ours, others.tor, others.unbound]) await askAgain(server, 2) // fills caches and builds circuits
  const against: Record<keyof typeof others, { ours: Answered; reference: Answered }[]> = { tor: [], unbound: [] }
  for (let round = 1; round <= rounds; round++) {
    say(`dns, kept answers, round ${round} of ${rounds}`)
    for (const name of ['tor', 'unbound'] as const) {
      const first = round % 2 === 0 ? await askAgain(others[name], SECONDS_EACH) : undefined
      const own = await askAgain(ours, SECONDS_EACH)
      against[name].push({ ours: own, reference: first ?? (await askAgain(others[name], SECONDS_EACH)) })
    }
  }
  const compare = (name: keyof typeof others, of: keyof Answered) =>
    compareRounds(against[name].map(pair => ({ ours: pair.ours[of], reference: pair.reference[of] })))
  return {
    name: 'dns',
    title: 'questions of an app to its own resolver, on the lab',
    rows: [
      row("kept, against tor's DNSPort", '1/s', 'tor', compare('tor', 'perSecond'), { atLeast: 10 }),
      row('kept, against unbound', '1/s', 'unbound', compare('unbound', 'perSecond'), { atLeast: 0.5 }),
      row('processor time of a thousand', 'ms', 'tor', compare('tor', 'msPerThousand')),
      row('processor time of a thousand', 'ms', 'unbound', compare('unbound', 'msPerThousand')),
      row("not kept, p50, against tor's RESOLVE", 'ms', 'tor', compareRounds(fresh.whole), { atMost: 1.1 }),
      row('of it outside of tor, p50', 'ms', 'tor', compareRounds(fresh.outside)),
      { what: `memory of ${APPS} caches of ${NAMES_EACH} names`, unit: 'MiB', ours: measureCaches(shareCache(1)) },
      { what: `the same within the default bounds`, unit: 'MiB', ours: measureCaches(shareCache(APPS)) },
    ],
    notes: [
      `kept: dnsperf, UDP, ${NAMES.length} names, ${AT_ONCE} under way, ${SECONDS_EACH} s each; ways take turns`,
      "tor keeps no answers at its DNSPort: each question is a look-up at an exit; unbound's names are its own data",
      'processor time is that of the server, user and system, whoever else the machine is busy with',
      `not kept: ${FRESH_EACH} names that nobody asked for before on each of ${FRESH_CIRCUITS} circuits a round, one by one`,
      'each way has circuits of its own there, which differ by more than the ways do: so both are given the same time in tor,',
      'the median of all look-ups of a round; what is outside is from the question to the request at tor, and from its answer on',
      'the memory is what the caches have taken for one A record a name, without the sockets of the apps',
    ],
  }
}

function row(
  what: string,
  unit: string,
  name: string,
  { ours, reference, ratio }: ReturnType<typeof compareRounds>,
  budget?: Row['budget'],
): Row {
  const measured = { what, unit, ours, reference: { name, value: reference }, ratio }
  return budget === undefined ? measured : { ...measured, budget }
}

/** What a look-up takes: within tor, and outside of it. */
type Parts = Record<'within' | 'outside', number[]>

/**
 * Ask for names that nobody asked for before: ours at the app's port, tor at its SocksPort, through one stand before it.
 *
 * What is within tor hangs on its circuits, of which each way has its own, and which differ by far more than the ways do.
 * So both ways are given the same time in tor, the median of all look-ups of the round, and differ by what is outside.
 */
async function compareFresh({
  port,
  directory,
  rounds,
  say,
}: Effort & { port: number; directory: string }): Promise<{ readonly whole: Round[]; readonly outside: Round[] }> {
  const { gatewaySocket, torSocksSocket } = layOutRuntime(runtimeIn(directory))
  const between = await standBetween(torSocksSocket)
  let asked = 0
  const found = { whole: [] as Round[], outside: [] as Round[] }
  for (let round = 1; round <= rounds; round++) {
    say(`dns, names not asked for before, round ${round} of ${rounds}`)
    const took: Record<'ours' | 'reference', Parts> = {
      ours: { within: [], outside: [] },
      reference: { within: [], outside: [] },
    }
    for (let circuit = 0; circuit < FRESH_CIRCUITS; circuit++) {
      await askApi(gatewaySocket, { method: 'POST', path: `/v1/apps/${APP}/renew` })
      const credentials = { user: 'bench', password: `${process.pid}-${round}-${circuit}` }
      const ways = {
        ours: (name: string) => timeQuestion(port, name),
        reference: (name: string) => timeResolve(torSocksSocket, credentials, name),
      }
      const time = async (way: keyof typeof ways): Promise<{ within: number; outside: number }> => {
        const name = `n${process.pid}-${asked++}.any.dns.example`
        const whole = await ways[way](name)
        const { askedAt, answeredAt } = between.find(name)
        return { within: answeredAt - askedAt, outside: whole - (answeredAt - askedAt) }
      }
      for (const way of ['ours', 'reference'] as const) await time(way) // builds its circuit
      for (let turn = 0; turn < 2 * FRESH_EACH; turn++) {
        const way = (turn + round) % 2 === 0 ? 'ours' : 'reference'
        const { within, outside } = await time(way)
        took[way].within.push(within)
        took[way].outside.push(outside)
      }
    }
    const outside = { ours: median(took.ours.outside), reference: median(took.reference.outside) }
    const within = median([...took.ours.within, ...took.reference.within])
    found.outside.push(outside)
    found.whole.push({ ours: within + outside.ours, reference: within + outside.reference })
  }
  await between.close()
  return found
}

/** Fill the caches of many apps, and give what they take, in MiB. */
function measureCaches(mostBytes: number): number {
  const body = encodeBody({ type: 'A', address: '198.51.100.4', ttl: 60 })
  if (body === undefined) return Number.NaN
  let bytes = 0
  for (let app = 0; app < APPS; app++) {
    const cache = new AnswerCache({ mostBytes, seed: app })
    for (let name = 0; name < NAMES_EACH; name++) {
      cache.keep(Buffer.from(`1 name-${name}.dns.example`), { rcode: 0, body }, 60, 0)
    }
    bytes += cache.bytes
  }
  return bytes / 1024 / 1024
}

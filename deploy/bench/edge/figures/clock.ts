import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { completeClockSettings, layOutRuntime, OWN_APPS } from '@cordon/shared/contracts'
import { monotonicNow, readSystemClock } from '@cordon/shared/runtime/edge'
import { askSource } from '../../../../services/clock/src/edge/ask-source.ts'
import { type LabTime, readLab } from '../../../../services/clock/src/edge/read-lab.ts'
import type { DatedExchange } from '../../../../services/clock/src/exchange/index.ts'
import { chooseSources } from '../../../../services/clock/src/select/index.ts'
import { compareErrors, type KnownRound } from '../../clock-errors.ts'
import type { Effort, Figure } from '../../figure.ts'
import { simulateRound, type Ways } from '../../simulated-rounds.ts'
import { quantile } from '../../statistics.ts'
import { CordonUp, runtimeIn } from '../cordon-up.ts'
import { openCountingSocket } from '../counting-socket.ts'
import type { Lab } from '../lab.ts'
import { Programs } from '../programs.ts'

/** Rounds in memory of each kind. */
const SIMULATED = 2000
const ROUND_MS = 25_000

const SIMULATED_WAYS: readonly [what: string, ways: Ways, goalMs?: number][] = [
  ['symmetric', { asymmetry: 0, alike: true }, 50],
  ['30 % asymmetric', { asymmetry: 0.3, alike: false }, 150],
  ['30 % asymmetric, all alike', { asymmetry: 0.3, alike: true }, 150],
]

/** Delays that the lab's sources add to the lab's own, in milliseconds; by the place of a source in its round. */
const LAB_WAYS: readonly [what: string, query: (at: number) => string, goalMs: number][] = [
  ['lab, symmetric', () => 'out=100&back=100&jitter=50', 50],
  ['lab, 30 % asymmetric', at => (at % 2 === 0 ? `out=${65 + at * 80}&back=35&jitter=50` : ''), 150],
]

/** What a round cost on the lab. */
type LabRound = KnownRound & { readonly bytes: number }

/** The error of a round against other rules on the same exchanges, in memory and on the lab, and what a round costs. */
export async function measureClock(lab: Lab, { rounds, say }: Effort): Promise<Figure> {
  say('clock, rounds in memory')
  const simulated = SIMULATED_WAYS.map(([what, ways, goalMs]) => {
    const played = Array.from({ length: SIMULATED }, () => simulateRound(ways))
    return { played, rows: compareErrors(`in memory, ${what}`, played, goalMs) }
  })
  const onLab = await measureOnLab(lab, { rounds, say })
  const all = onLab.flatMap(({ played }) => played)
  const seconds = (played: readonly KnownRound[]): number[] => played.map(round => round.seconds)
  return {
    name: 'clock',
    title: 'how far a round is off, and what it costs',
    rows: [
      ...simulated.flatMap(({ rows }) => rows),
      ...onLab.flatMap(({ rows }) => rows),
      row(
        'in memory, length of a round at p95',
        's',
        quantile(
          simulated.flatMap(({ played }) => seconds(played)),
          0.95,
        ),
        30,
      ),
      row('lab, longest round', 's', Math.max(...seconds(all)), 30),
      row(
        'lab, requests of a round',
        '',
        quantile(
          all.map(({ requests }) => requests),
          0.5,
        ),
      ),
      row(
        'lab, bytes of a round',
        'KiB',
        quantile(
          all.map(({ bytes }) => bytes),
          0.5,
        ) / 1024,
      ),
    ],
    notes: [
      `in memory: ${SIMULATED} rounds of each kind, nine honest sources, round trips of 0.2 to 2 s, jitter of a quarter of each way; connecting takes no time`,
      `lab: ${rounds} rounds of each kind over real circuits, the delays of tor included; its sources are this machine, so the true offset is zero`,
      'the other rules see the first exchange with the first source of each pool, and nothing of the fraction of its second',
      'bytes are both ways at the app port, SOCKS and TLS included',
    ],
  }
}

const row = (what: string, unit: string, ours: number, atMost?: number) =>
  atMost === undefined ? { what, unit, ours } : { what, unit, ours, budget: { atMost } }

async function measureOnLab(lab: Lab, { rounds, say }: Effort) {
  await using programs = new Programs()
  const directory = await programs.makeDirectory()
  await CordonUp.start(programs, { lab, directory })
  const time = await readLab(join(lab.directory, 'lab.sock'))
  const appSocket = layOutRuntime(runtimeIn(directory)).appSocket(OWN_APPS.clock)
  const measured = []
  for (const [what, query, goalMs] of LAB_WAYS) {
    const played: LabRound[] = []
    for (let round = 1; round <= rounds; round++) {
      say(`clock, ${what}, round ${round} of ${rounds}`)
      played.push(
        await askLab(time, query, { appSocket, countAt: join(directory, `count-${measured.length}-${round}`) }),
      )
    }
    measured.push({ played, rows: compareErrors(what, played, goalMs) })
  }
  return measured
}

/** Ask nine of the lab's sources at once, as a round does, and keep every exchange. */
async function askLab(
  { pools, authority }: LabTime,
  query: (at: number) => string,
  { appSocket, countAt }: { appSocket: string; countAt: string },
): Promise<LabRound> {
  const { perPool, maxDelaySeconds } = completeClockSettings(undefined)
  const counting = await openCountingSocket(countAt, appSocket)
  const [startMs, wallMs] = [monotonicNow(), readSystemClock('wall')]
  const first: { pool: string; exchange: DatedExchange }[] = []
  const outcomes = await Promise.all(
    chooseSources(pools, perPool, randomInt).map(async (source, at) => {
      let isFirst = true
      return await askSource(
        { ...source, url: `${source.url}?${query(at)}` },
        {
          appSocket: countAt,
          authorities: [authority],
          knownMs: wallMs,
          maxDelayMs: maxDelaySeconds * 1000,
          wallMinusMonotonicMs: wallMs - startMs,
          endMs: startMs + ROUND_MS,
          signal: AbortSignal.timeout(2 * ROUND_MS),
          onExchange: exchange => {
            if (isFirst) first.push({ pool: source.pool, exchange })
            isFirst = false
          },
        },
      )
    }),
  )
  counting.close()
  return {
    outcomes,
    first,
    trueOffsetMs: 0,
    localMs: wallMs,
    seconds: (monotonicNow() - startMs) / 1000,
    requests: outcomes.reduce((sum, { requests }) => sum + requests, 0),
    bytes: counting.bytes,
  }
}

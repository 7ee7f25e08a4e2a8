import type { Effort, Figure, Row } from '../../figure.ts'
import { median } from '../../statistics.ts'
import { CordonUp } from '../cordon-up.ts'
import type { Lab } from '../lab.ts'
import { readCpuSeconds, readFamilyPssKiB } from '../process-cost.ts'
import { Programs } from '../programs.ts'

/**
 * Tor fetches and builds for a while after it is ready. V8 gives back what a start left behind when it has not collected
 * for 100 s (kWatchdogDelayMs of its memory reducer), twice in each part: 110 and 220 s after the start (traced).
 */
const SETTLE_SECONDS = 240

/** 0.5 % of it are 30 ticks of the clock of /proc/PID/stat. */
const WINDOW_SECONDS = 60

const PARTS = ['tor', 'redis', 'gateway', 'dns', 'clock', 'updates'] as const
const ALL = ['supervisor', ...PARTS] as const

type Who = (typeof ALL)[number] | 'all'
type Reading = Readonly<Record<Who, number>>

/** Memory and processor time of all parts together while no app does anything. */
export async function measureIdle(lab: Lab, { rounds, say }: Effort): Promise<Figure> {
  await using programs = new Programs()
  const directory = await programs.makeDirectory()
  say(`idle, starting and then waiting ${SETTLE_SECONDS} s`)
  const cordon = await CordonUp.start(programs, { lab, directory })
  await pass(SETTLE_SECONDS)
  const percent: Reading[] = []
  const mib: Reading[] = []
  // One Cordon that grows older: a minute tells nearly all, and three their spread.
  const windows = Math.min(rounds, 3)
  for (let window = 1; window <= windows; window++) {
    say(`idle, ${WINDOW_SECONDS} s, window ${window} of ${windows}`)
    const start = performance.now()
    const before = readEach(cordon, readCpuSeconds)
    await pass(WINDOW_SECONDS)
    const after = readEach(cordon, readCpuSeconds)
    const seconds = (performance.now() - start) / 1000
    percent.push(combine(part => ((after[part] - before[part]) / seconds) * 100))
    const pss = readEach(cordon, readFamilyPssKiB)
    mib.push(combine(part => pss[part] / 1024))
  }
  const rowsOf = (what: string, unit: string, readings: readonly Reading[], atMost: number): readonly Row[] => {
    const middle = (part: keyof Reading): number => median(readings.map(reading => reading[part]))
    const worst = Math.max(...readings.map(({ all }) => all))
    return [
      { what, unit, ours: middle('all'), budget: { atMost } },
      { what: '  worst of the windows', unit, ours: worst },
      ...ALL.map(part => ({ what: `  ${part}`, unit, ours: middle(part) })),
    ]
  }
  return {
    name: 'idle',
    title: 'all parts together, idle on the lab',
    rows: [...rowsOf('memory', 'MiB', mib, 350), ...rowsOf('processor time', '% of a core', percent, 0.5)],
    notes: [
      `${windows} × ${WINDOW_SECONDS} s, ${SETTLE_SECONDS} s after it was ready; one app, no traffic; the lab itself is not in it`,
      'PSS: what other programs on this machine share, such as the text of Node, is counted in parts',
      "tor's share is that of a small network: it holds the consensus of the lab and not that of thousands of relays",
    ],
  }
}

/** Read a value of each part, and of the supervisor, whose children they are, without them. */
function readEach(cordon: CordonUp, read: (pid: number) => number): Reading {
  const all = read(cordon.pid)
  const each = new Map(PARTS.map(part => [part as Who, read(cordon.pidOf(part))] as const))
  const supervisor = all - [...each.values()].reduce((sum, one) => sum + one, 0)
  return combine(who => (who === 'all' ? all : (each.get(who) ?? supervisor)))
}

const combine = (of: (who: Who) => number): Reading => ({
  supervisor: of('supervisor'),
  tor: of('tor'),
  redis: of('redis'),
  gateway: of('gateway'),
  dns: of('dns'),
  clock: of('clock'),
  updates: of('updates'),
  all: of('all'),
})

const pass = (seconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, seconds * 1000))

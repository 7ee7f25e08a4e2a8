/** Measures Cordon beside its references and prints how it stands to the budgets of DESIGN.md section 7. */
import { availableParallelism, loadavg } from 'node:os'
import { CordonOnLab } from './edge/cordon-on-lab.ts'
import { measureAudit } from './edge/figures/audit.ts'
import { measureClock } from './edge/figures/clock.ts'
import { measureDns } from './edge/figures/dns.ts'
import { measureIdle } from './edge/figures/idle.ts'
import { measureIdleMemory } from './edge/figures/idle-memory.ts'
import { measureKeys } from './edge/figures/keys.ts'
import { measureLatency } from './edge/figures/latency.ts'
import { measureManyApps } from './edge/figures/many-apps.ts'
import { measureRelay } from './edge/figures/relay.ts'
import { measureRun } from './edge/figures/run.ts'
import { measureRunThroughTor } from './edge/figures/run-through-tor.ts'
import { measureStart } from './edge/figures/start.ts'
import { measureStreamCost } from './edge/figures/stream-cost.ts'
import { measureTelemetry } from './edge/figures/telemetry.ts'
import { measureThroughput } from './edge/figures/throughput.ts'
import { measureTorCost } from './edge/figures/tor-cost.ts'
import { measureUpdates } from './edge/figures/updates.ts'
import { Lab } from './edge/lab.ts'
import { Programs } from './edge/programs.ts'
import type { Effort, Figure } from './figure.ts'
import { type Options, parseOptions } from './options.ts'
import { formatJson, formatReport } from './report.ts'

/** Measured with one part alone, on loopback. */
const ALONE: Readonly<Record<string, (effort: Effort) => Promise<Figure>>> = {
  relay: measureRelay,
  run: measureRun,
  'stream-cost': measureStreamCost,
  'idle-memory': measureIdleMemory,
  apps: measureManyApps,
  telemetry: measureTelemetry,
  audit: measureAudit,
  updates: measureUpdates,
}

/** Measured on the lab, which takes half a minute to start, each with a Cordon of its own. */
const WHOLE: Readonly<Record<string, (lab: Lab, effort: Effort) => Promise<Figure>>> = {
  start: measureStart,
  idle: measureIdle,
  dns: measureDns,
  clock: measureClock,
}

/** Measured through one Cordon on the lab. The one that burdens tor for the rest comes last. */
const ON_LAB: Readonly<Record<string, (cordon: CordonOnLab, effort: Effort) => Promise<Figure>>> = {
  latency: measureLatency,
  throughput: measureThroughput,
  run: measureRunThroughTor,
  keys: measureKeys,
  'tor-cost': measureTorCost,
}

/** One of them, `run`, is measured both alone and through tor. */
const NAMES = [...new Set([ALONE, WHOLE, ON_LAB].flatMap(figures => Object.keys(figures)))]

const HELP = `npm run bench -- [--only NAME,…] [--rounds N] [--json]

Measure Cordon beside its references, and print how it stands to its budgets. A report, never a test: the exit status
is 0 whenever everything could be measured. Progress goes to standard error.

  --only NAME,…   only these: ${NAMES.join(', ')}
  --rounds N      how often each side is measured (7)
  --json          the same as JSON
`

const say = (progress: string): void => {
  process.stderr.write(`bench: ${progress}\n`)
}

async function measure({ only, rounds }: Options, add: (figure: Figure) => void): Promise<void> {
  const effort = { rounds, say }
  const wanted = <T>(figures: Readonly<Record<string, T>>): readonly T[] =>
    Object.entries(figures).flatMap(([name, one]) => (only.includes(name) ? [one] : []))
  for (const measureOne of wanted(ALONE)) add(await measureOne(effort))
  const [whole, onLab] = [wanted(WHOLE), wanted(ON_LAB)]
  if (whole.length + onLab.length === 0) return
  say('starting a lab, or joining the one that CORDON_LAB_DIR names')
  await using lab = await Lab.open()
  for (const measureOne of whole) add(await measureOne(lab, effort))
  if (onLab.length === 0) return
  say('starting Cordon on the lab')
  await using cordon = await CordonOnLab.open(lab)
  for (const measureOne of onLab) add(await measureOne(cordon, effort))
}

async function main(options: Options): Promise<void> {
  const figures: Figure[] = []
  const before = loadavg()[0] ?? 0
  try {
    await measure(options, figure => figures.push(figure))
  } catch (cause) {
    // What was measured until then took minutes: it is shown all the same.
    say(`stopped: ${cause instanceof Error ? cause.message : String(cause)}`)
    process.exitCode = 1
  }
  const load = [before, loadavg()[0] ?? 0] as const
  const conditions = { node: process.version, processors: availableParallelism(), load, rounds: options.rounds }
  process.stdout.write(options.json ? formatJson(figures, conditions) : formatReport(figures, conditions))
  await Programs.endAll()
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void Programs.endAll().then(() => process.exit(130)))
}

try {
  const options = parseOptions(process.argv.slice(2), NAMES)
  if (options.help) process.stdout.write(HELP)
  else await main(options)
} catch (cause) {
  process.stderr.write(`bench: ${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exitCode = 2
}

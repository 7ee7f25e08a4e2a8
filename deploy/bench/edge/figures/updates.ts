import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Effort, Figure, Row } from '../../figure.ts'
import { packageNameAt } from '../../package-index.ts'
import { compareRounds, median, type Round } from '../../statistics.ts'
import { layOutApt, writeAptGet } from '../apt-get.ts'
import { makeAptRepository, makeThrowawayKey } from '../apt-repository.ts'
import type { CheckCost } from '../check-apt.ts'
import type { FileSiteAnnouncement } from '../file-site-process.ts'
import { Programs } from '../programs.ts'
import type { ScheduleCost } from '../schedule-cost.ts'
import { timeProgram } from '../timed-program.ts'

/** Debian's main of a release on amd64 has about as many, and 45 to 50 MB. */
const MAIN = 60_000
/** 100 MB of the same. */
const LARGE = 120_500
/** Enough for all code to be there, and no memory to speak of. */
const SMALL = 100

const CHECK = fileURLToPath(new URL('../check-apt.ts', import.meta.url))
const SCHEDULE = fileURLToPath(new URL('../schedule-cost.ts', import.meta.url))

/** `apt-get update` in the three ways that it is compared with. */
const AGAINST = {
  'apt-get update': { packing: 'xz', builds: true },
  'apt-get update, gz': { packing: 'gz', builds: true },
  'apt-get update, gz, no cache': { packing: 'gz', builds: false },
} as const

/** Update checks: an index of Debian's size beside apt-get update, memory, and what a schedule costs. */
export async function measureUpdates({ rounds, say }: Effort): Promise<Figure> {
  await using programs = new Programs()
  await using key = await makeThrowawayKey()
  const directory = await programs.makeDirectory()
  const [root, scratch] = [join(directory, 'root'), join(directory, 'scratch')]
  await mkdir(scratch)
  say('updates, making indexes')
  const main = await makeAptRepository(root, { packages: MAIN, key, suite: 'main' })
  const large = await makeAptRepository(root, { packages: LARGE, key, suite: 'large' })
  await makeAptRepository(root, { packages: SMALL, key, suite: 'small' })
  await writeStandIns(root)
  const [appSocket, apiSocket] = [join(directory, 'app.sock'), join(directory, 'api.sock')]
  const { first } = await programs.fork<FileSiteAnnouncement>('./file-site-process.ts', [root, appSocket, apiSocket])
  const apt = { directory: join(directory, 'apt'), port: first.port, keyring: key.keyring, suite: 'main' }
  const check = async (...wanted: readonly string[]) => {
    const args = [appSocket, scratch, key.keyring, key.fingerprint, ...wanted]
    const { stdout, ...took } = await timeProgram([process.execPath, CHECK, ...args])
    return { ...took, checks: JSON.parse(stdout) as CheckCost[] }
  }
  const names = Object.keys(AGAINST) as (keyof typeof AGAINST)[]
  const wall = new Map<string, Round[]>(names.map(name => [name, []]))
  const cpu = new Map<string, Round[]>(names.map(name => [name, []]))
  const alone: number[] = []
  const growth: number[] = []
  const whole = `main=${packageNameAt(MAIN - 1)}`
  await check(whole) // sources are compiled, files are in memory
  for (let round = 1; round <= rounds; round++) {
    say(`updates, round ${round} of ${rounds}`)
    const ours = await check(whole)
    alone.push(ours.checks[0]?.seconds ?? Number.NaN)
    for (const name of names) {
      await layOutApt(apt)
      const reference = await timeProgram(writeAptGet(apt, AGAINST[name]))
      wall.get(name)?.push({ ours: ours.seconds, reference: reference.seconds })
      cpu.get(name)?.push({ ours: ours.cpuSeconds, reference: reference.cpuSeconds })
    }
    const [small, big] = (await check(`small=${packageNameAt(0)}`, `large=${packageNameAt(LARGE - 1)}`)).checks
    growth.push(((big?.peakKiB ?? Number.NaN) - (small?.peakKiB ?? Number.NaN)) / 1024)
  }
  say('updates, a day of the schedule')
  const day = JSON.parse(
    (await timeProgram([process.execPath, SCHEDULE, appSocket, apiSocket, scratch])).stdout,
  ) as ScheduleCost
  const rows = (what: string, of: ReadonlyMap<string, Round[]>): readonly Row[] =>
    names.map(name => {
      const { ours, reference, ratio } = compareRounds(of.get(name) ?? [])
      return { what, unit: 's', ours, reference: { name, value: reference }, ratio }
    })
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
  return {
    name: 'updates',
    title: 'update checks',
    rows: [
      ...rows('verify a whole main', wall),
      ...rows('processor time of that', cpu),
      { what: 'the check in a process that runs', unit: 's', ours: median(alone) },
      { what: `growth of peak memory, ${mb(large.plain)}`, unit: 'MiB', ours: median(growth), budget: { atMost: 64 } },
      { what: '12 products: looks of a day', unit: 's', ours: day.looksSeconds },
      { what: '12 products: a check of each', unit: 's', ours: day.checksSeconds },
      {
        what: '12 products: both, of one core',
        unit: '%',
        ours: ((day.looksSeconds + day.checksSeconds) / 86_400) * 100,
        budget: { atMost: 0.1 },
      },
    ],
    notes: [
      `${MAIN} packages, ${mb(main.plain)}, ${mb(main.gz)} as gz, ${mb(main.xz)} as xz; made up, signed by a key of the run`,
      'both take it from one server on loopback; ours by SOCKS, gz, and with the start of Node; apt-get as a first update',
      'apt-get keeps the index and, unless said otherwise, makes its cache of it; ours keeps one version',
      'memory: the highest of the process after the index less the highest after one of 100 packages',
      'a check of each: small documents of one server, no index',
    ],
  }
}

/** What the schedule asks: the gateway's word on the clock, and the documents of twelve products. */
async function writeStandIns(root: string): Promise<void> {
  await mkdir(join(root, 'v1'))
  await writeFile(join(root, 'v1', 'status'), '{"clock":{"state":"trusted"}}')
  await writeFile(join(root, 'version.json'), '{"version":"1.2.3"}')
}

/**
 * Kills and stops every part, again and again, with traffic running.
 *
 * A report and no test: it prints how long each part was away, and says at the end whether a promise was broken (a
 * direct path, an orphan). 10 s is the goal for a part. With --freeze all processes are stopped for so long instead, as
 * a machine that sleeps; from 100 s on circuits are closed afterwards. Uses the lab that CORDON_TEST_LAB names, or
 * starts one.
 */

import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Cordon, fetchThrough, openLab, until } from '../../services/supervisor/test/integration/cordon.ts'
import { Traffic } from '../../services/supervisor/test/integration/traffic.ts'

const PARTS = ['redis', 'gateway', 'tor'] as const
const SIGNALS = ['SIGKILL', 'SIGSTOP'] as const
const GOAL_MS = 10_000

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '20' }, freeze: { type: 'string' } },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const lab = await openLab()
const cordon = await Cordon.create('')
let broken = 0
try {
  const up = await cordon.run('up', '--lab', '--lab-dir', lab.directory, '--detach')
  if (up.status !== 0) throw new Error(up.err)
  const { port } = await cordon.json('apps', 'add', 'mail')
  const traffic = new Traffic(port)
  if (values.freeze === undefined) await soak(Number(values.rounds))
  else await freeze(Number(values.freeze), port)
  const { succeeded, refused, direct } = await traffic.stop()
  say(`requests: ${succeeded} succeeded, ${refused} refused meanwhile, ${direct} took another path`)
  broken += direct
  await cordon.run('down')
  const orphans = cordon.processes()
  say(`orphans: ${orphans.length}`)
  broken += orphans.length
} finally {
  await cordon.close()
  await lab.close()
}
process.exit(broken === 0 ? 0 : 1)

async function soak(rounds: number): Promise<void> {
  const times = new Map<string, number[]>()
  for (let round = 1; round <= rounds; round++) {
    for (const part of PARTS) {
      for (const signal of SIGNALS) {
        const before = await cordon.pid(part)
        const since = performance.now()
        process.kill(before, signal)
        const ms = await cordon.backFrom(part, before, since)
        const all = times.get(`${part} ${signal}`) ?? []
        times.set(`${part} ${signal}`, [...all, ms])
      }
    }
    say(`round ${round} of ${rounds}`)
  }
  say('                  least   median     most   over the goal of 10 s')
  for (const [name, all] of times) {
    const sorted = all.toSorted((a, b) => a - b)
    const at = (share: number): string => {
      const seconds = (sorted[Math.round(share * (sorted.length - 1))] ?? 0) / 1000
      return `${seconds.toFixed(1)} s`.padStart(8)
    }
    say(`${name.padEnd(15)} ${at(0)} ${at(0.5)} ${at(1)}   ${all.filter(ms => ms > GOAL_MS).length}`)
  }
}

async function freeze(seconds: number, port: number): Promise<void> {
  const bulk = fetchThrough(port, 'http://bulk.example/1000000000', seconds + 600)
  await until('an open stream', async () => ((await cordon.json('apps')).apps[0].streams > 0 ? true : undefined))
  const group = [await cordon.supervisorPid(), ...(await Promise.all(PARTS.map(part => cordon.pid(part))))]
  for (const pid of group) process.kill(pid, 'SIGSTOP')
  say(`frozen for ${seconds} s`)
  await wait(seconds * 1000)
  const since = performance.now()
  for (const pid of group.toReversed()) process.kill(pid, 'SIGCONT')
  await until('the word of it', async () =>
    (await cordon.run('logs', '--part', 'supervisor')).out.includes('frozen for') ? true : undefined,
  )
  const { status } = await bulk
  say(`the open stream ended with status ${status} after ${Math.round(performance.now() - since)} ms`)
  await until('readiness', async () => ((await cordon.json('status')).state === 'ready' ? true : undefined))
  say(`ready after ${Math.round(performance.now() - since)} ms`)
  const { out } = await cordon.run('logs')
  for (const line of out.split('\n')) if (/ (warn|error) | supervisor: /.test(line)) say(line)
  say(`a new request ended with status ${(await fetchThrough(port)).status}`)
}

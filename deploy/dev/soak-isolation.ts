/**
 * Opens streams of several apps through one Cordon on the lab for long, with the auditor on, and renews them at random.
 *
 * A report and no test: it prints descriptors and memory of the gateway and what the auditor saw, and ends with 1 if
 * isolation was not held. Destinations, keys and renewals follow a seed, which is printed. Uses the lab that
 * CORDON_TEST_LAB names, or starts one.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Audit } from '@cordon/shared/contracts'
import { CordonUnderTest, run } from './cordon-under-test.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rate: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    isolation: { type: 'boolean', default: true },
  },
})
const APPS = ['mail', 'chat', 'news', 'shop'] as const
const SITES = [
  'http://check.example/',
  'http://bulk.example/20000',
  'http://missing.example/',
  'http://check.example:9/',
]
const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** Mulberry32: enough for a choice, and the same from the same seed. */
let state = Number(values.seed)
const choose = (count: number): number => {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) % count
}

say(`seed ${values.seed}, ${values.minutes} minutes, ${values.rate} connections a second`)
const cordon = await CordonUnderTest.start()
try {
  const ports: number[] = []
  for (const app of APPS) ports.push(await cordon.add(app))
  const pid = await cordon.pidOf('gateway')
  const end = performance.now() + Number(values.minutes) * 60_000
  const outcomes = { ok: 0, failed: 0 }
  let [open, next, reported] = [0, performance.now(), performance.now()]
  report('begin', pid)
  while (performance.now() < end) {
    next += 1000 / Number(values.rate)
    if (open < 400) fetchOne()
    if (choose(2000) === 0) void cordon.cordon('renew', APPS[choose(APPS.length)] ?? 'mail')
    if (performance.now() - reported > 60_000) {
      reported = performance.now()
      report(`${outcomes.ok} ok, ${outcomes.failed} failed`, pid)
    }
    await wait(Math.max(0, next - performance.now()))
  }
  while (open > 0) await wait(100)
  report(`end: ${outcomes.ok} ok, ${outcomes.failed} failed`, pid)
  const audit = JSON.parse((await cordon.cordon('audit', '--json')).stdout) as Audit
  say(JSON.stringify(audit))
  process.exitCode = audit.verdict === 'held' ? 0 : 1

  function fetchOne(): void {
    const proxy = `socks5h://user${choose(3)}:x@127.0.0.1:${ports[choose(ports.length)]}`
    open += 1
    void run('curl', ['-sS', '-m', '40', '-o', '/dev/null', '-x', proxy, SITES[choose(SITES.length)] ?? '']).then(
      ({ status }) => {
        open -= 1
        outcomes[status === 0 ? 'ok' : 'failed'] += 1
      },
    )
  }
} finally {
  await cordon.close()
}

function report(what: string, pid: number): void {
  const descriptors = readdirSync(`/proc/${pid}/fd`).length
  const [, rss = '?'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  say(`${what}; gateway: ${descriptors} descriptors, ${rss} KiB`)
}

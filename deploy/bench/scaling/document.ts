/** The tables of deploy/SCALING.md. */
import { COSTS } from './costs.ts'
import { BEHAVIOUR, computeExposure, computeMost, computeNeed } from './scaling.ts'

const USERS = [10, 100, 300, 1000, 3000]
const GATEWAYS = [1, 2, 5, 10, 30]

/** Beyond this share of a thread a queue is mostly waiting (M/M/1: at 0.6 a visit takes 2.5 times its work). */
const SHARE = 0.6

/** Of all guard weight, held by one adversary: 1 % and 5 % are examples, not estimates. */
const ADVERSARIES = [0.01, 0.05]
/** Tor uses one of its guards for nearly everything; a conflux set uses a second. */
const GUARDS_USED = 2

/** Put the tables between their markers. */
export function fillScaling(text: string): string {
  return [...TABLES].reduce((filled, [name, format]) => {
    const marks = [`<!-- ${name} -->`, `<!-- end of ${name} -->`] as const
    const [from, to] = [filled.indexOf(marks[0]), filled.indexOf(marks[1])]
    if (from === -1 || to === -1) throw new Error(`SCALING.md has no place for ${name}`)
    return `${filled.slice(0, from)}${marks[0]}\n\n${format()}\n\n${filled.slice(to)}`
  }, text)
}

const TABLES: ReadonlyMap<string, () => string> = new Map([
  ['needs', formatNeeds],
  ['gateways', formatGateways],
  ['guards', formatGuards],
])

function formatNeeds(): string {
  const needs = USERS.map(users => computeNeed(users, BEHAVIOUR, COSTS))
  return table(
    ['active users', ...needs.map(({ users }) => String(users))],
    [
      ['open streams', ...needs.map(need => whole(need.openStreams))],
      ['open circuits', ...needs.map(need => whole(need.openCircuits))],
      ['new circuits a second', ...needs.map(need => short(need.newCircuitsPerSecond))],
      ['megabits a second', ...needs.map(need => whole(need.megabitsPerSecond))],
      ["tor's thread", ...needs.map(need => percent(need.torThread))],
      ['circuits in the making, of 32', ...needs.map(need => percent(need.pending))],
      ["the gateway's thread", ...needs.map(need => percent(need.gatewayThread))],
      ['memory of tor beside what it has idle, MiB', ...needs.map(need => whole(need.torMiB))],
      ['memory of the gateway beside what it has idle, MiB', ...needs.map(need => whole(need.gatewayMiB))],
    ],
  )
}

function formatGateways(): string {
  const most = computeMost(BEHAVIOUR, COSTS, SHARE)
  return table(
    ['active users', ...USERS.map(String)],
    [[`gateways, at ${most} users each`, ...USERS.map(users => String(Math.ceil(users / most)))]],
  )
}

function formatGuards(): string {
  return table(
    ['gateways', ...GATEWAYS.map(String)],
    [
      ...ADVERSARIES.map(share => [
        `somebody with ${percent(share)} of all guards sees traffic of one at least`,
        ...GATEWAYS.map(count => percent(computeExposure(count, share, GUARDS_USED))),
      ]),
      ['and then of what share of the users', ...GATEWAYS.map(count => percent(1 / count))],
    ],
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

const whole = (value: number): string => Math.round(value).toLocaleString('en')
const short = (value: number): string => value.toPrecision(2)
const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`

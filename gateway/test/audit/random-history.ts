import fc from 'fast-check'
import { AuditorUnderTest, path } from './auditor-under-test.ts'

/** One thing that happens. Numbers choose among what there is then. */
type Step =
  | { readonly type: 'launch'; readonly set: boolean }
  | { readonly type: 'stream'; readonly key: number; readonly circuit: number; readonly isClaimed: boolean }
  /** Tor tells again what it has told. */
  | { readonly type: 'repeat'; readonly stream: number }
  /** Tor takes a stream off its circuit, and puts it on another. */
  | { readonly type: 'move'; readonly stream: number; readonly circuit: number }
  | { readonly type: 'end-stream'; readonly stream: number }
  | { readonly type: 'close'; readonly circuit: number }
  /** The control connection breaks. What happens then is not told. */
  | { readonly type: 'lose' }
  /** It stands again; what happens between the asking for events and the answer that tells all is told twice. */
  | { readonly type: 'find'; readonly between: number }

interface History {
  readonly steps: readonly Step[]
  /** Whether tor keeps its word. */
  readonly well: boolean
}

const APPS = ['mail', 'chat', 'news'] as const
const choice = fc.nat({ max: 1000 })
const step = <T extends Step['type'], R extends object>(type: T, fields: { [K in keyof R]: fc.Arbitrary<R[K]> }) =>
  fc.record({ type: fc.constant(type), ...fields }) as unknown as fc.Arbitrary<Step>

const ALWAYS: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 4, arbitrary: step('launch', { set: fc.boolean() }) },
  { weight: 8, arbitrary: step('stream', { key: choice, circuit: choice, isClaimed: fc.nat(9).map(n => n > 0) }) },
  { weight: 1, arbitrary: step('repeat', { stream: choice }) },
  { weight: 1, arbitrary: step('move', { stream: choice, circuit: choice }) },
  { weight: 4, arbitrary: step('end-stream', { stream: choice }) },
  { weight: 2, arbitrary: step('close', { circuit: choice }) },
]
const GAPS: readonly fc.WeightedArbitrary<Step>[] = [
  { weight: 1, arbitrary: step('lose', {}) },
  { weight: 2, arbitrary: step('find', { between: fc.nat(3) }) },
]
const historyOf = (steps: readonly fc.WeightedArbitrary<Step>[]): fc.Arbitrary<History> =>
  fc.record({ well: fc.boolean(), steps: fc.array(fc.oneof(...steps), { maxLength: 60 }) })

/** Histories of a tor that keeps its word mostly, and is listened to all the time. */
export const arbitraryHistory = historyOf(ALWAYS)

/** And with times when nobody listens. */
export const arbitraryBrokenHistory = historyOf([...ALWAYS, ...GAPS])

interface Played {
  readonly audit: AuditorUnderTest
  /** What the plainest reading of the history says, from what could be seen of it. */
  readonly expected: 'held' | 'breached' | 'unknown'
}

/** A circuit, or the legs of a conflux set. */
interface Group {
  /** Legs that live. A conflux set has two, and is named in no CLOSED event. */
  readonly legs: Set<number>
  readonly set: string
  /** Whose streams it has carried. */
  readonly keys: Set<string>
  /** Of these, those that could be seen. */
  seen: Set<string>
  /** Whether it had carried somebody when the view began. */
  isOlder: boolean
}

interface Stream {
  readonly id: number
  readonly key: string
  group: Group
  leg: number
}

const appOf = (key: string): string => key.slice(0, -1)

/** Let it happen to an auditor, and judge it by the simplest means there are. */
export function play(history: History): Played {
  const teller = new Teller(history.well)
  for (const step of history.steps) teller.take(step)
  return { audit: teller.audit, expected: teller.expected }
}

/** A tor that does as the steps say, and tells of it while it is listened to. */
class Teller {
  readonly audit = new AuditorUnderTest().begin()
  readonly #well: boolean
  readonly #groups: Group[] = []
  #streams: Stream[] = []
  #lastId = 0
  #isBroken = false
  #listens = true
  /** Events are asked for, and the answer that tells all has not come. */
  #isBetween = false
  #obeyed = 0

  constructor(well: boolean) {
    this.#well = well
  }

  get expected(): Played['expected'] {
    if (this.#isBroken) return 'breached'
    return !this.#listens || this.#living.some(({ isOlder }) => isOlder) ? 'unknown' : 'held'
  }

  take(step: Step): void {
    switch (step.type) {
      case 'launch':
        this.#launch(step.set)
        break
      case 'stream': {
        const key = `${APPS[step.key % APPS.length]}${step.key % 5}`
        this.#open(key, step.circuit, this.#well || step.isClaimed)
        break
      }
      case 'repeat': {
        const stream = pick(this.#streams, step.stream)
        if (stream === undefined || !stream.group.legs.has(stream.leg)) break
        this.#tell(
          `CIRC ${this.#lineOf(stream.leg, stream.group)}`,
          `STREAM ${stream.id} SUCCEEDED ${stream.leg} x.example:80 ${credentials(stream.key)}`,
          `STREAM ${stream.id} XOFF_SENT ${stream.leg} x.example:80`,
        )
        break
      }
      case 'move':
        this.#move(pick(this.#streams, step.stream), step.circuit)
        break
      case 'end-stream':
        this.#end(pick(this.#streams, step.stream))
        break
      case 'close': {
        const group = pick(this.#living, step.circuit)
        const leg = pick([...(group?.legs ?? [])], step.circuit)
        if (group !== undefined && leg !== undefined) this.#close(group, leg)
        break
      }
      case 'lose':
        this.#lose()
        break
      case 'find':
        this.#find(step.between)
    }
    this.#obey()
  }

  get #living(): Group[] {
    return this.#groups.filter(({ legs }) => legs.size > 0)
  }

  #tell(...lines: readonly string[]): void {
    if (this.#listens || this.#isBetween) this.audit.take(...lines)
  }

  #launch(isSet: boolean): void {
    const legs = isSet ? [this.#lastId + 1, this.#lastId + 2] : [this.#lastId + 1]
    this.#lastId += legs.length
    const set = isSet ? `CONFLUX_ID=F${this.#lastId}` : ''
    const group = { legs: new Set(legs), set, keys: new Set<string>(), seen: new Set<string>(), isOlder: false }
    this.#groups.push(group)
    for (const leg of legs)
      this.#tell(`CIRC ${leg} LAUNCHED ${set}`, `CIRC ${leg} BUILT ${path('ABC')} PURPOSE=GENERAL ${set}`)
    const minor = `PURPOSE_CHANGED ${path('ABC')} PURPOSE=CONFLUX_LINKED ${set} OLD_PURPOSE=CONFLUX_UNLINKED`
    if (isSet) this.#tell(...legs.map(leg => `CIRC_MINOR ${leg} ${minor}`))
  }

  #open(key: string, circuit: number, isClaimed: boolean): void {
    const [group, leg] = this.#place(key, circuit)
    if (group === undefined || leg === undefined) return
    if (isClaimed) this.audit.send(appOf(key), key)
    this.#lastId += 1
    const stream = { id: this.#lastId, key, group, leg }
    this.#streams.push(stream)
    this.#tell(`STREAM ${stream.id} NEW 0 x.example:80 ${credentials(key)}`)
    if (this.#listens && !isClaimed) this.#isBroken = true
    this.#carry(stream)
  }

  /** Choose a group for a stream: of a tor that keeps its word, one that carries nobody else. */
  #place(key: string, circuit: number): [Group | undefined, number | undefined] {
    const fits = this.#living.filter(({ keys }) => !this.#well || keys.size === 0 || keys.has(key))
    const group = pick(fits, circuit)
    return [group, pick([...(group?.legs ?? [])], circuit)]
  }

  #carry({ id, key, group, leg }: Stream): void {
    group.keys.add(key)
    this.#tell(`STREAM ${id} SENTCONNECT ${leg} x.example:80 ${credentials(key)}`)
    if (this.#listens || this.#isBetween) group.seen.add(key)
    if (this.#listens && group.seen.size > 1) this.#isBroken = true
  }

  #move(stream: Stream | undefined, circuit: number): void {
    if (stream === undefined) return
    const [group, leg] = this.#place(stream.key, circuit)
    if (group === undefined || leg === undefined) return
    this.#tell(`STREAM ${stream.id} DETACHED ${stream.leg} x.example:80 REASON=TIMEOUT ${credentials(stream.key)}`)
    Object.assign(stream, { group, leg })
    this.#carry(stream)
  }

  #end(stream: Stream | undefined): void {
    if (stream === undefined) return
    this.#streams = this.#streams.filter(other => other !== stream)
    this.#tell(`STREAM ${stream.id} CLOSED ${stream.leg} x.example:80 REASON=DONE`)
  }

  /** Its streams end later, and tor names the circuit that has gone. */
  #close(group: Group, leg: number): void {
    group.legs.delete(leg)
    this.#tell(`CIRC ${leg} CLOSED REASON=FINISHED`)
  }

  #lose(): void {
    if (!this.#listens) return
    this.#listens = false
    this.audit.auditor.lose()
  }

  #find(between: number): void {
    if (this.#listens) return
    for (const group of this.#groups) group.seen = new Set()
    this.#streams = this.#streams.filter(({ group, leg }) => group.legs.has(leg))
    this.#isBetween = true
    for (let n = 0; n < between; n++) this.#open(`${APPS[n % APPS.length]}${n}`, n, true)
    this.#isBetween = false
    const living = this.#living
    const circuits = living.flatMap(group => [...group.legs].map(leg => this.#lineOf(leg, group)))
    const streams = this.#streams.map(({ id, leg }) => `${id} SUCCEEDED ${leg} x.example:80`)
    this.#listens = true
    for (const group of living) {
      const [first] = group.keys
      group.isOlder = first !== undefined
      if (first !== undefined) group.seen.add(first)
      if (group.seen.size > 1) this.#isBroken = true
    }
    this.audit.adopt(circuits, streams)
    // What was sent while nobody listened may have been told then; after a while it is waited for no longer.
    for (let n = 0; n < 2; n++) {
      this.audit.now += 20_000
      this.audit.auditor.tick()
    }
  }

  /** A circuit that is asked to be closed because of its past is closed. */
  #obey(): void {
    for (; this.#obeyed < this.audit.actions.length; this.#obeyed++) {
      const action = this.audit.actions[this.#obeyed]
      if (action?.type === 'start-over') throw new Error('all was told, and the auditor missed something')
      if (action?.type !== 'close' || this.#isBroken) continue
      for (const id of action.circuits) {
        const group = this.#living.find(({ legs }) => legs.has(Number(id)))
        if (group === undefined) continue
        if (!group.isOlder) throw new Error('the auditor closes what is in order')
        this.#close(group, Number(id))
      }
    }
  }

  /** As in `circuit-status`: whom it carried first shows, and no other. */
  #lineOf(leg: number, { set, keys }: Group): string {
    const [first] = keys
    const purpose = set === '' ? 'GENERAL' : 'CONFLUX_LINKED'
    return `${leg} BUILT ${path('ABC')} PURPOSE=${purpose} ${set} ${first === undefined ? '' : credentials(first)}`
  }
}

const credentials = (key: string): string => `SOCKS_USERNAME="tag${appOf(key)}" SOCKS_PASSWORD="${key}"`

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)]

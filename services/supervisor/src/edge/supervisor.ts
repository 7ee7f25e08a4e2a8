import type { PartName } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import { formatTraceParent, type SpanContext, toPlainText } from '@cordon/shared/telemetry'
import { openSpanRecorder } from '@cordon/shared/telemetry/span-recorder'
import {
  ASK_EVERY_MS,
  beginSupervision,
  isStopped,
  type LogLine,
  LogRing,
  looksAlike,
  nextWake,
  type PartDefinition,
  react,
  type Supervision,
  type SupervisionAction,
  type SupervisionEvent,
} from '../lifecycle/index.ts'
import type { PartDriver, PartReporter, RunningPart } from './part-driver.ts'
import { PartSpans } from './part-spans.ts'

/** What a supervisor tells its owner. */
export interface SupervisorObserver {
  changed(supervision: Supervision): void
  logged(line: LogLine): void
}

/** Runs the plan: feeds it what happens, does what it says. All decisions are in `lifecycle/`. */
export class Supervisor {
  readonly log = new LogRing()
  /** Its own spans, and those that commands hand over. */
  readonly recorder = openSpanRecorder('supervisor')
  readonly #spans = new PartSpans(this.recorder)
  readonly #drivers: ReadonlyMap<PartName, PartDriver>
  readonly #observer: SupervisorObserver
  readonly #running = new Map<PartName, Promise<RunningPart | undefined>>()
  /** Parts that were asked whether they live, and have not answered yet. */
  readonly #asked = new Set<RunningPart>()
  /** The last error of each part since it started: most often why it ends. */
  readonly #complaints = new Map<PartName, string>()
  readonly #stopped = Promise.withResolvers<void>()
  #supervision: Supervision
  #wake: NodeJS.Timeout | undefined
  #asking: NodeJS.Timeout | undefined

  constructor(
    parts: readonly PartDefinition[],
    drivers: ReadonlyMap<PartName, PartDriver>,
    observer: SupervisorObserver,
  ) {
    this.#supervision = beginSupervision(parts)
    this.#drivers = drivers
    this.#observer = observer
  }

  get supervision(): Supervision {
    return this.#supervision
  }

  /** Want everything up. */
  start(): void {
    this.#react({ type: 'want', wanted: 'up' })
    this.#asking = setInterval(() => this.#askAll(), ASK_EVERY_MS)
  }

  /** Want everything down; settles when nothing runs any more. */
  async stop(): Promise<void> {
    this.#react({ type: 'want', wanted: 'down' })
    await this.#stopped.promise
  }

  /** Kill every part at once and wait for their ends: for an impatient owner. */
  async abort(): Promise<void> {
    this.#react({ type: 'want', wanted: 'down' })
    for (const { definition } of this.#supervision.parts) this.#act({ type: 'kill', part: definition.name })
    await this.#stopped.promise
  }

  /** Let `part` read its configuration again, if it runs. */
  reload(part: PartName): void {
    void this.#running.get(part)?.then(running => running?.reload())
  }

  /** Count nobody's silence so far, and ask all parts now. */
  checkHealth(): void {
    this.#react({ type: 'held-up' })
    this.#askAll()
  }

  /** Tell all parts that the machine slept; what they do then belongs to the trace of `parent`. */
  tellResumed(sleptMs: number, parent: SpanContext): void {
    const traceparent = formatTraceParent(parent)
    for (const running of this.#running.values()) void running.then(part => part?.resumed?.({ sleptMs, traceparent }))
  }

  /** Keep a line of the supervisor's own. */
  note(level: LogLine['level'], text: string): void {
    this.#keep({ part: 'supervisor', level, text })
  }

  /** Give failed parts a fresh chance. */
  mend(): void {
    this.#react({ type: 'mended' })
  }

  /** Say that `part` is ready, for a part whose readiness the supervisor itself sees. */
  announceReady(part: PartName): void {
    this.#react({ type: 'announced', part, message: { type: 'ready' } })
  }

  /** Say what `part` waits for, for a part that the supervisor itself watches. */
  announceWaiting(part: PartName, detail: string): void {
    this.#react({ type: 'announced', part, message: { type: 'waiting', detail } })
  }

  #react(event: SupervisionEvent): void {
    const now = monotonicNow()
    const before = this.#supervision
    const { supervision, actions } = react(before, event, now, Math.random())
    this.#supervision = supervision
    this.#spans.follow(before, supervision)
    for (const action of actions) this.#act(action)
    clearTimeout(this.#wake)
    const wake = nextWake(supervision)
    if (wake !== undefined) {
      this.#wake = setTimeout(() => this.#react({ type: 'tick' }), Math.max(0, Math.ceil(wake - now)))
    }
    if (!looksAlike(before, supervision)) this.#observer.changed(supervision)
    if (isStopped(supervision)) {
      clearInterval(this.#asking)
      this.#stopped.resolve()
    }
  }

  #askAll(): void {
    for (const { definition, state } of this.#supervision.parts) {
      if (state === 'starting' || state === 'ready' || state === 'silent') void this.#ask(definition.name)
    }
  }

  async #ask(part: PartName): Promise<void> {
    const running = await this.#running.get(part)
    if (running === undefined || this.#asked.has(running)) return
    this.#asked.add(running)
    try {
      await running.check()
      if ((await this.#running.get(part)) === running) this.#react({ type: 'answered', part })
    } catch {
      // Not answering is what the plan acts on, when it has lasted long enough.
    } finally {
      this.#asked.delete(running)
    }
  }

  #act({ type, part }: SupervisionAction): void {
    switch (type) {
      case 'start':
        this.#complaints.delete(part)
        this.#running.set(part, this.#run(part))
        break
      case 'stop':
        void this.#running.get(part)?.then(running => running?.stop())
        break
      case 'kill':
        void this.#running.get(part)?.then(running => running?.kill())
    }
  }

  async #run(part: PartName): Promise<RunningPart | undefined> {
    // The plan that asked for this start must be in place before the part can say anything.
    await Promise.resolve()
    let isOver = false
    // A run ends once, and what it says after that would be believed of the next one.
    const tell = (event: SupervisionEvent): void => {
      if (isOver) return
      isOver = event.type === 'exited'
      this.#react(event)
    }
    try {
      const running = await this.#drivers.get(part)?.(this.#reporter(part, tell))
      tell({ type: 'started', part, pid: running?.pid ?? null })
      return running
    } catch (thrown) {
      const fault = thrown instanceof Fault ? thrown : undefined
      const message = explain(thrown)
      this.#keep({ part, level: 'error', text: message })
      if (fault?.retry === 'never') {
        const { code, next = null } = fault
        tell({ type: 'announced', part, message: { type: 'failed', code, message, next } })
      }
      tell({ type: 'exited', part, detail: message })
      return undefined
    }
  }

  #reporter(part: PartName, tell: (event: SupervisionEvent) => void): PartReporter {
    return {
      announce: message => tell({ type: 'announced', part, message }),
      exited: detail => {
        const complaint = this.#complaints.get(part)
        tell({ type: 'exited', part, detail: complaint === undefined ? detail : `${detail}: ${complaint}` })
      },
      log: (level, text) => this.#keep({ part, level, text }),
    }
  }

  #keep({ part, level, text }: LogLine): void {
    // Parts repeat what came from outside: nothing of it may steer the terminal that it is read on.
    const line = { part, level, text: toPlainText(text) }
    this.log.push(line, new Date().toISOString())
    if (line.level === 'error' && line.part !== 'supervisor') this.#complaints.set(line.part, line.text)
    this.#observer.logged(line)
  }
}

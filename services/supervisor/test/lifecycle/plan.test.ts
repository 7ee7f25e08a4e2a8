import type { PartName } from '@cordon/shared/contracts'
import fc from 'fast-check'
import t from 'tap'
import {
  beginSupervision,
  chooseParts,
  EXITS_UNTIL_FAILED,
  FIRST_ANSWER_MS,
  isStopped,
  LOOK_BACK_OFF,
  nextWake,
  PARTS,
  planRestart,
  RESTART_BACK_OFF,
  react,
  SILENT_AFTER_MS,
  STABLE_MS,
  type Supervision,
  type SupervisionEvent,
} from '../../src/lifecycle/index.ts'

/** Follows a supervision through events and keeps the actions of the last one. */
class Story {
  supervision: Supervision
  actions: readonly string[] = []
  now = 0

  constructor(...names: readonly PartName[]) {
    this.supervision = beginSupervision(chooseParts(names))
  }

  tell(event: SupervisionEvent): this {
    const { supervision, actions } = react(this.supervision, event, this.now, 0.5)
    this.supervision = supervision
    this.actions = actions.map(({ type, part }) => `${type} ${part}`)
    return this
  }

  after(ms: number): this {
    this.now += ms
    return this.tell({ type: 'tick' })
  }

  ready(part: PartName): this {
    return this.tell({ type: 'announced', part, message: { type: 'ready' } })
  }

  exit(part: PartName): this {
    return this.tell({ type: 'exited', part, detail: 'ended with status 1' })
  }

  part(name: PartName) {
    const found = this.supervision.parts.find(({ definition }) => definition.name === name)
    if (found === undefined) throw new Error(name)
    return found
  }

  get states(): readonly string[] {
    return this.supervision.parts.map(({ state }) => state)
  }
}

const UP = { type: 'want', wanted: 'up' } as const
const DOWN = { type: 'want', wanted: 'down' } as const

t.test('parts are data', async t => {
  t.same(
    PARTS.map(({ name }) => name),
    ['lab', 'tor', 'redis', 'gateway', 'dns', 'clock', 'updates'],
  )
  const before = new Set<string>()
  for (const { name, needs } of PARTS) {
    for (const need of needs) t.ok(before.has(need), `${name} comes after ${need}, which it needs`)
    before.add(name)
  }
  t.ok(PARTS.reduce((sum, { drainMs }) => sum + drainMs, 0) < 30_000, 'an orderly stop takes less than 30 s')
  t.same(chooseParts(['gateway', 'tor'])[0]?.needs, [], 'what is left out is not waited for')
})

t.test('starting', async t => {
  const story = new Story('lab', 'tor', 'gateway').tell(UP)
  t.same(story.actions, ['start lab', 'start gateway'], 'tor waits for the lab, the gateway for nothing')
  t.equal(nextWake(story.supervision), FIRST_ANSWER_MS, 'and nobody is woken to see whether the lab is ready')
  t.same(story.ready('lab').actions, ['start tor'])
  story.tell({ type: 'started', part: 'tor', pid: 7 })
  t.equal(story.part('tor').pid, 7)
  story.tell({ type: 'announced', part: 'tor', message: { type: 'waiting', detail: '5 %' } })
  t.match(story.part('tor'), { state: 'starting', detail: '5 %' })
  story.ready('tor').ready('gateway')
  t.same(story.states, ['ready', 'ready', 'ready'])
  t.equal(story.part('tor').detail, null)
  t.equal(nextWake(story.supervision), SILENT_AFTER_MS, 'a healthy supervisor sleeps until an answer is missing')
})

t.test('stopping goes backwards, one part after the other', async t => {
  const story = new Story('lab', 'tor', 'gateway').tell(UP).ready('lab').ready('tor').ready('gateway').tell(DOWN)
  t.same(story.actions, ['stop gateway'])
  t.same(story.exit('gateway').actions, ['stop tor'])
  t.same(story.exit('tor').actions, ['stop lab'])
  t.notOk(isStopped(story.supervision))
  t.same(story.exit('lab').actions, [])
  t.ok(isStopped(story.supervision))
  t.equal(nextWake(story.supervision), undefined)
})

t.test('a part that does not end in time is killed, once', async t => {
  const story = new Story('gateway').tell(UP).ready('gateway').tell(DOWN)
  const wake = nextWake(story.supervision) ?? 0
  t.same(story.after(wake - 1).actions, [])
  t.same(story.after(1).actions, ['kill gateway'])
  t.same(story.after(60_000).actions, [])
  t.ok(isStopped(story.exit('gateway').supervision))
})

t.test('a lost part comes back, and what needs it goes with it', async t => {
  const story = new Story('lab', 'tor', 'gateway').tell(UP).ready('lab').ready('tor').ready('gateway')
  story.exit('lab')
  t.same(story.actions, ['stop tor'], 'the gateway stays: the apps keep their ports')
  t.equal(story.part('lab').detail, 'ended with status 1')
  story.exit('tor')
  t.same(story.after(RESTART_BACK_OFF.firstMs).actions, ['start lab'])
  t.same(story.ready('lab').actions, ['start tor'])
  t.equal(story.part('gateway').state, 'ready')
})

t.test('what asks through the gateway starts beside it, and stays when it is lost', async t => {
  const story = new Story('gateway', 'dns', 'clock', 'updates').tell(UP)
  t.same(story.actions, ['start gateway', 'start dns', 'start clock', 'start updates'])
  story.ready('dns').ready('clock').ready('updates').ready('gateway')
  t.same(story.exit('gateway').actions, [])
  t.same(story.states, ['down', 'ready', 'ready', 'ready'])
  t.same(story.after(RESTART_BACK_OFF.firstMs).actions, ['start gateway'])
})

t.test('a part that exits at once, again and again', async t => {
  const story = new Story('gateway').tell(UP)
  const waits: number[] = []
  for (let exits = 1; exits <= 20; exits++) {
    story.tell({ type: 'started', part: 'gateway', pid: exits }).exit('gateway')
    t.equal(story.part('gateway').state, exits < EXITS_UNTIL_FAILED ? 'down' : 'failed', `exit ${exits}`)
    const wake = nextWake(story.supervision) ?? Number.NaN
    waits.push(wake - story.now)
    t.same(story.after(wake - story.now - 1).actions, [], 'not before its time')
    t.same(story.after(1).actions, ['start gateway'])
  }
  t.ok(waits.every(wait => wait <= RESTART_BACK_OFF.capMs))
  t.ok(
    waits.slice(EXITS_UNTIL_FAILED).every(wait => wait >= RESTART_BACK_OFF.capMs / 2),
    'no storm of forks',
  )
  t.equal(story.ready('gateway').part('gateway').state, 'ready', 'it recovers when it is mended')
})

t.test('a part that ran long enough starts with a clean slate', async t => {
  const before = { exits: 4, permanent: false, backOff: RESTART_BACK_OFF }
  t.match(planRestart({ ...before, ranMs: STABLE_MS }, 0), { exits: 1, failed: false })
  t.match(planRestart({ ...before, ranMs: STABLE_MS - 1 }, 0), { exits: 5, failed: true })
})

t.test('what we do not start ourselves is looked for more often', async t => {
  const story = new Story('tor').tell(UP)
  for (let exits = 1; exits <= 20; exits++) {
    story.exit('tor')
    const wake = nextWake(story.supervision) ?? Number.NaN
    t.ok(wake - story.now <= LOOK_BACK_OFF.capMs)
    story.after(wake - story.now)
  }
})

t.test('a failure that no restart mends', async t => {
  const story = new Story('tor', 'gateway').tell(UP).ready('gateway')
  const message = { type: 'failed', code: 'TOR_MISSING', message: 'tor is not installed', next: 'Install it.' } as const
  t.same(story.tell({ type: 'announced', part: 'tor', message }).actions, ['kill tor'], 'it is not left half alive')
  t.same(story.after(1).actions, [], 'killed once')
  story.exit('tor')
  t.match(story.part('tor'), { state: 'failed', detail: 'tor is not installed', trouble: { code: 'TOR_MISSING' } })
  t.ok((nextWake(story.supervision) ?? 0) > story.now, 'waiting would not help: only the other part is looked after')
  for (let ms = 0; ms < 3_600_000; ms += 60_000) {
    story.now += 60_000
    t.same(story.tell({ type: 'answered', part: 'gateway' }).actions, [])
  }
  t.same(story.tell({ type: 'mended' }).actions, ['start tor'], 'a change gives it a fresh chance')
  t.equal(story.part('gateway').state, 'ready', 'nothing of this touches the others')
  story.exit('tor').tell(DOWN)
  t.same(story.exit('gateway').states, ['down', 'down'])
})

t.test('SUP-03: a part that stops answering is not called ready, and is replaced within its watchdog', async t => {
  const story = new Story('tor', 'gateway').tell(UP).ready('tor').ready('gateway')
  const answer = (): Story => story.tell({ type: 'answered', part: 'tor' })
  for (let times = 0; times < 5; times++) {
    story.now += 2000
    answer().tell({ type: 'answered', part: 'gateway' })
  }
  story.now += SILENT_AFTER_MS - 1
  answer().tell({ type: 'tick' })
  t.same(story.states, ['ready', 'ready'])
  t.same(story.after(1).actions, [])
  t.match(story.part('gateway'), { state: 'silent', detail: 'does not answer' })
  t.equal(story.part('tor').state, 'ready', 'the other one is')
  story.now = story.part('gateway').believedUntil - 1
  t.same(answer().actions, [])
  t.same(story.after(1).actions, ['kill gateway'], 'after its watchdog')
  t.same(story.after(1000).actions, [], 'once')
  story.tell({ type: 'exited', part: 'gateway', detail: 'ended by SIGKILL' })
  t.match(story.part('gateway'), { state: 'down', detail: 'did not answer for 6 s and was ended' })
  t.same(answer().after(RESTART_BACK_OFF.firstMs).actions, ['start gateway'])
})

t.test('a part that answers again is ready again', async t => {
  const story = new Story('lab', 'tor').tell(UP).ready('lab').ready('tor').after(SILENT_AFTER_MS)
  t.same(story.states, ['silent', 'silent'])
  t.same(story.actions, [], 'what needs a silent part goes on')
  story.tell({ type: 'answered', part: 'tor' }).tell({ type: 'answered', part: 'lab' })
  t.same(story.states, ['ready', 'ready'])
  t.equal(story.part('tor').detail, null)
  t.same(story.tell({ type: 'announced', part: 'tor', message: { type: 'alive' } }).states, ['ready', 'ready'])
})

t.test('a part that never answers at all', async t => {
  const story = new Story('gateway').tell(UP)
  t.same(story.after(FIRST_ANSWER_MS - 1).actions, [], 'has a minute to load on a busy machine')
  t.same(story.after(1).actions, ['kill gateway'])
})

t.test('a supervisor that was held up blames nobody', async t => {
  const firstHeard: readonly SupervisionEvent[] = [
    { type: 'tick' },
    { type: 'held-up' },
    { type: 'answered', part: 'redis' },
    { type: 'announced', part: 'redis', message: { type: 'alive' } },
  ]
  for (const event of firstHeard) {
    const story = new Story('tor', 'redis', 'gateway').tell(UP).ready('tor').ready('redis').ready('gateway')
    story.now += 600_000
    t.same(story.tell(event).actions, [], `whatever is heard first: ${event.type}`)
    t.same(story.states, ['ready', 'ready', 'ready'])
    story.now += 5000
    t.same(story.tell({ type: 'answered', part: 'redis' }).actions, [])
    t.same(story.after(1000).actions, ['kill tor', 'kill gateway'], 'their time begins anew')
  }
})

t.test('a supervisor that was held up while parts end kills none whose end it could not see', async t => {
  const story = new Story('tor', 'gateway').tell(UP).ready('tor').ready('gateway').tell(DOWN)
  t.same(story.states, ['ready', 'draining'])
  t.same(story.after(60_000).actions, [])
  t.same(story.exit('gateway').actions, ['stop tor'])
  t.same(story.after(story.part('tor').definition.drainMs).actions, ['kill tor'], 'and one that is late is killed')
})

/** Report whether the supervisor would wake itself again and again, and do nothing each time. */
function isIdle({ supervision, now }: Story): boolean {
  const wake = nextWake(supervision)
  if (wake === undefined) return false
  const at = Math.max(now, wake)
  const { supervision: next, actions } = react(supervision, { type: 'tick' }, at, 0.5)
  const again = nextWake(next)
  return actions.length === 0 && again !== undefined && again <= at
}

t.test('laws', async t => {
  const part = fc.constantFrom<PartName>('lab', 'tor', 'gateway')
  const event: fc.Arbitrary<SupervisionEvent> = fc.oneof(
    fc.constantFrom<SupervisionEvent>(UP, DOWN, { type: 'tick' }, { type: 'mended' }),
    part.map((name): SupervisionEvent => ({ type: 'exited', part: name, detail: 'gone' })),
    part.map((name): SupervisionEvent => ({ type: 'announced', part: name, message: { type: 'ready' } })),
    part.map((name): SupervisionEvent => ({ type: 'answered', part: name })),
    fc.constant<SupervisionEvent>({ type: 'held-up' }),
  )
  const steps = fc.array(fc.tuple(event, fc.integer({ min: 0, max: 40_000 })), { maxLength: 60 })
  fc.assert(
    fc.property(steps, events => {
      const story = new Story('lab', 'tor', 'gateway')
      const alive = new Set<string>()
      for (const [one, ms] of events) {
        story.now += ms
        // Only what was started can say something or exit.
        if ('part' in one && !alive.has(one.part)) continue
        if (one.type === 'exited') alive.delete(one.part)
        story.tell(one)
        for (const action of story.actions) {
          const [what, name = ''] = action.split(' ')
          if (what === 'start') {
            if (alive.has(name)) return false // one child per part
            alive.add(name)
          } else if (!alive.has(name)) return false // nothing is stopped that does not run
        }
        if (isIdle(story)) return false
      }
      return true
    }),
    { seed: 7, numRuns: 2000 },
  )
  t.pass('one child per part; only what runs is stopped or killed; every awakening does something')
})

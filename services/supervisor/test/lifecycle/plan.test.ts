import type { PartName } from '@cordon/shared/contracts'
import fc from 'fast-check'
import t from 'tap'
import {
  beginSupervision,
  chooseParts,
  EXITS_UNTIL_FAILED,
  isStopped,
  nextWake,
  PARTS,
  planRestart,
  RESTART_BACK_OFF,
  react,
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
    ['lab', 'tor', 'gateway'],
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
  t.equal(nextWake(story.supervision), undefined, 'and nobody is woken to see whether the lab is ready')
  t.same(story.ready('lab').actions, ['start tor'])
  story.tell({ type: 'started', part: 'tor', pid: 7 })
  t.equal(story.part('tor').pid, 7)
  story.tell({ type: 'announced', part: 'tor', message: { type: 'waiting', detail: '5 %' } })
  t.match(story.part('tor'), { state: 'starting', detail: '5 %' })
  story.ready('tor').ready('gateway')
  t.same(story.states, ['ready', 'ready', 'ready'])
  t.equal(story.part('tor').detail, null)
  t.equal(nextWake(story.supervision), undefined, 'a healthy supervisor sleeps')
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

t.test('a part that exits at once, again and again', async t => {
  const story = new Story('gateway').tell(UP)
  const waits: number[] = []
  for (let exits = 1; exits <= 20; exits++) {
    story.exit('gateway')
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
  t.match(planRestart(4, STABLE_MS, false, 0), { exits: 1, failed: false })
  t.match(planRestart(4, STABLE_MS - 1, false, 0), { exits: 5, failed: true })
})

t.test('a failure that no restart mends', async t => {
  const story = new Story('tor', 'gateway').tell(UP).ready('gateway')
  const message = { type: 'failed', code: 'TOR_MISSING', message: 'tor is not installed', next: 'Install it.' } as const
  t.same(story.tell({ type: 'announced', part: 'tor', message }).actions, ['kill tor'], 'it is not left half alive')
  t.same(story.after(1).actions, [], 'killed once')
  story.exit('tor')
  t.match(story.part('tor'), { state: 'failed', detail: 'tor is not installed', trouble: { code: 'TOR_MISSING' } })
  t.equal(nextWake(story.supervision), undefined, 'waiting would not help')
  t.same(story.after(3_600_000).actions, [])
  t.same(story.tell({ type: 'mended' }).actions, ['start tor'], 'a change gives it a fresh chance')
  t.equal(story.part('gateway').state, 'ready', 'nothing of this touches the others')
  story.exit('tor').tell(DOWN)
  t.same(story.exit('gateway').states, ['down', 'down'])
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

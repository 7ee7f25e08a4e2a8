import fc from 'fast-check'
import { AuditorUnderTest, path } from './auditor-under-test.ts'

/** One thing that happens. Numbers choose among what there is then. */
type Step =
  | { readonly type: 'launch'; readonly set: boolean }
  | { readonly type: 'stream'; readonly key: number; readonly circuit: number; readonly isClaimed: boolean }
  | { readonly type: 'end-stream'; readonly stream: number }
  | { readonly type: 'close'; readonly circuit: number }

const APPS = ['mail', 'chat', 'news'] as const
const choice = fc.nat({ max: 1000 })

/** Histories of a tor that keeps its word mostly. `well` is one that always does. */
export const arbitraryHistory: fc.Arbitrary<{ readonly steps: readonly Step[]; readonly well: boolean }> = fc.record({
  well: fc.boolean(),
  steps: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ type: fc.constant('launch' as const), set: fc.boolean() }) },
      {
        weight: 8,
        arbitrary: fc.record({
          type: fc.constant('stream' as const),
          key: choice,
          circuit: choice,
          isClaimed: fc.nat(9).map(n => n > 0),
        }),
      },
      { weight: 4, arbitrary: fc.record({ type: fc.constant('end-stream' as const), stream: choice }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant('close' as const), circuit: choice }) },
    ),
    { maxLength: 60 },
  ),
})

interface Played {
  readonly audit: AuditorUnderTest
  /** Whether the plainest reading of the history says that a promise was broken. */
  readonly isBroken: boolean
}

interface Group {
  /** Legs that live. A conflux set has two, and is named in no CLOSED event. */
  readonly legs: Set<number>
  readonly keys: Set<string>
}

/** Let it happen to an auditor, and judge it by the simplest means there are. */
export function play({ steps, well }: { readonly steps: readonly Step[]; readonly well: boolean }): Played {
  const audit = new AuditorUnderTest().begin()
  const groups: Group[] = []
  const streams: number[] = []
  let [lastId, isBroken] = [0, false]
  const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)]
  const living = (): Group[] => groups.filter(({ legs }) => legs.size > 0)
  for (const step of steps) {
    switch (step.type) {
      case 'launch': {
        const legs = step.set ? [lastId + 1, lastId + 2] : [lastId + 1]
        lastId += legs.length
        groups.push({ legs: new Set(legs), keys: new Set() })
        const set = step.set ? `CONFLUX_ID=F${lastId}` : ''
        for (const leg of legs) audit.build(leg, 'ABC', set)
        const minor = `PURPOSE_CHANGED ${path('ABC')} PURPOSE=CONFLUX_LINKED ${set} OLD_PURPOSE=CONFLUX_UNLINKED`
        if (step.set) audit.take(...legs.map(leg => `CIRC_MINOR ${leg} ${minor}`))
        break
      }
      case 'stream': {
        const app = APPS[step.key % APPS.length] ?? 'mail'
        const key = `${app}${step.key % 5}`
        const fits = living().filter(({ keys }) => !well || keys.size === 0 || keys.has(key))
        const group = pick(fits, step.circuit)
        const leg = pick([...(group?.legs ?? [])], step.circuit)
        if (group === undefined || leg === undefined) break
        group.keys.add(key)
        const isClaimed = well || step.isClaimed
        if (group.keys.size > 1 || !isClaimed) isBroken = true
        if (isClaimed) audit.send(app, key)
        lastId += 1
        audit.told(lastId, leg, app, key)
        streams.push(lastId)
        break
      }
      case 'end-stream': {
        const stream = pick(streams, step.stream)
        if (stream === undefined) break
        streams.splice(streams.indexOf(stream), 1)
        audit.end(stream)
        break
      }
      case 'close': {
        const group = pick(living(), step.circuit)
        const leg = pick([...(group?.legs ?? [])], step.circuit)
        if (leg === undefined) break
        group?.legs.delete(leg)
        audit.take(`CIRC ${leg} CLOSED REASON=FINISHED`)
        break
      }
    }
  }
  return { audit, isBroken }
}

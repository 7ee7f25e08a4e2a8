import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClockSettings, completeClockSettings, type TimePools } from '@cordon/shared/contracts'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import type { Test } from 'tap'
import type { TimeLimits } from '../src/combine/limits-of-time.ts'
import { ClockKeeper, type ClockKeeperOptions } from '../src/edge/clock-keeper.ts'
import { FloorFile } from '../src/edge/floor-file.ts'
import { InjectedClock } from './injected-clock.ts'

export interface KeeperUnderTest {
  readonly keeper: ClockKeeper
  readonly clock: InjectedClock
  readonly floor: FloorFile
  readonly directory: string
}

export interface KeeperWishes {
  readonly appSocket: string
  readonly pools: TimePools
  readonly authorities?: readonly string[]
  /** How far the clock is ahead at first. */
  readonly shiftMs?: number
  readonly settings?: ClockSettings
  readonly window?: TimeLimits['window']
  readonly more?: Partial<ClockKeeperOptions>
}

/** The window of a public consensus, around the real time. */
const wideWindow = (): TimeLimits['window'] => ({
  validAfterMs: Date.now() - 3_600_000,
  validUntilMs: Date.now() + 7_200_000,
})

/** A keeper of an injected clock, with a floor in a directory of its own. No daemon of this machine is looked at. */
export async function openKeeper(t: Test, wishes: KeeperWishes): Promise<KeeperUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-clock-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const clock = new InjectedClock(wishes.shiftMs ?? 0)
  const floor = new FloorFile(directory)
  const window = 'window' in wishes ? wishes.window : wideWindow()
  const keeper = new ClockKeeper({
    configuration: () => ({ pools: wishes.pools, settings: completeClockSettings(wishes.settings) }),
    appSocket: wishes.appSocket,
    authorities: wishes.authorities ?? [],
    readWindow: async () => window,
    readWall: clock.read,
    floor,
    setter: clock,
    telemetry: openTelemetry({ part: 'clock', strict: true }),
    serves: () => false,
    aroundStep: { before: () => {}, after: () => {} },
    listDaemons: async () => [],
    ...wishes.more,
  })
  return { keeper, clock, floor, directory }
}

import { explain } from '@cordon/shared/errors'
import type { ControlConnection } from '@cordon/shared/runtime/edge'
import { planResume, type ResumeStep, type Sleep } from '../lifecycle/index.ts'
import type { Supervisor } from './supervisor.ts'
import { wakeTor } from './wake-tor.ts'

/** Do what follows a sleep, in order. `tor` is ours; undefined while none runs. A step that fails holds up no other. */
export async function resume(sleep: Sleep, supervisor: Supervisor, tor: ControlConnection | undefined): Promise<void> {
  supervisor.note('info', `${sleep.kind} for ${Math.round(sleep.ms / 1000)} s`)
  for (const step of planResume(sleep)) {
    await take(step, sleep.ms, supervisor, tor).catch(cause => supervisor.note('warn', explain(cause)))
  }
}

async function take(
  step: ResumeStep,
  sleptMs: number,
  supervisor: Supervisor,
  tor: ControlConnection | undefined,
): Promise<void> {
  switch (step) {
    case 'clock':
      // No part measures time yet; what relies on it waits in the queue, whose first job after a sleep is the clock's.
      return
    case 'circuits':
      if (tor !== undefined)
        supervisor.note('info', `closed ${await wakeTor(tor)} circuits that are older than the sleep`)
      return
    case 'health':
      return supervisor.checkHealth()
    case 'queue':
      return supervisor.tellResumed(sleptMs)
  }
}

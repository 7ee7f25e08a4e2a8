import { setTimeout as delay } from 'node:timers/promises'
import { Fault } from '@cordon/shared/errors'
import { monotonicNow, withDeadline } from '@cordon/shared/runtime/edge'
import { OK, type Reply, setEvents } from '@cordon/shared/tor-control'
import { askForDescriptors, askForProgress, parseProgress, progressOf } from '../tor-events.ts'
import type { TorProcess } from './tor-process.ts'

/**
 * Wait until `pick` finds something in an event of `tor`, for at most `ms`; the end of tor ends the wait. It may fail
 * before the caller comes to await it, who first asks tor for the event.
 */
export function waitForEvent<T>(
  tor: TorProcess,
  what: string,
  ms: number,
  pick: (event: Reply) => T | undefined,
): Promise<T> {
  const found = new Promise<T>(resolve =>
    tor.listen(event => {
      const value = pick(event)
      if (value !== undefined) resolve(value)
    }),
  )
  const ended = tor.ended.then((fault): never => {
    throw fault
  })
  const outcome = withDeadline(Promise.race([found, ended]), ms, () => tooLate(tor, what, ms))
  outcome.catch(() => {}) // heard by whoever awaits it
  return outcome
}

/** Wait until tor has bootstrapped to 100 %, for at most `ms`. */
export async function waitForBootstrap(tor: TorProcess, ms: number): Promise<void> {
  const done = waitForEvent(tor, 'did not bootstrap', ms, event => (progressOf(event) === 100 ? true : undefined))
  await tor.send(setEvents(['STATUS_CLIENT']))
  // It may have got there before we listened.
  if (parseProgress(await tor.send(askForProgress())) !== 100) await done
}

/** Wait until an authority has the descriptors of all relays, for at most `ms`. */
export async function waitForDescriptors(
  authority: TorProcess,
  fingerprints: readonly string[],
  ms: number,
): Promise<void> {
  const deadline = monotonicNow() + ms
  // Asked again and again rather than heard of: NEWDESC does not tell of what came before, nor of the authority's own.
  while ((await authority.ask(askForDescriptors(fingerprints))).status !== OK) {
    if (monotonicNow() > deadline) throw tooLate(authority, 'did not hear of all relays', ms)
    await delay(ASK_AGAIN_MS)
  }
}

/** Arbitrary: short beside the second or two that it takes. */
const ASK_AGAIN_MS = 100

const tooLate = ({ nickname }: TorProcess, what: string, ms: number): Fault =>
  new Fault('LAB_FAILED', `${nickname} ${what} within ${ms / 1000} s`, {
    where: 'tor',
    retry: 'now',
    next: 'Read the log of that name in the directory of the lab; on a busy machine, try again.',
  })

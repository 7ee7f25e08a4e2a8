import { flushCompileCache } from 'node:module'
import Value from 'typebox/value'
import { PART_NOTICE, PART_QUESTION, type PartMessage, type PartNotice } from '../../contracts/index.ts'

/** Tell the supervisor, if one started us, how this part is. */
export function announce(message: PartMessage): void {
  if (process.connected === true) process.send?.(message)
}

/** Answer the supervisor's question whether this part lives. The answer comes from the event loop that does its work. */
export function answerHealth(): void {
  process.on('message', message => {
    if (Value.Check(PART_QUESTION, message)) announce({ type: 'alive' })
  })
  // Node keeps compiled sources at an orderly end only; a part that is killed must not start slowly for ever.
  process.once('message', () => flushCompileCache())
}

/** Call `resume` after each sleep of the machine, when the supervisor has seen to tor; `sleptMs` is monotonic. */
export function onResume(resume: (sleep: Omit<PartNotice, 'type'>) => void): void {
  process.on('message', message => {
    if (Value.Check(PART_NOTICE, message)) resume(message)
  })
}

/** Call `stop` once when the supervisor has gone or asks us to end (SIGTERM, SIGINT). */
export function onStop(stop: () => void): void {
  let stopping = false
  const once = (): void => {
    if (stopping) return
    stopping = true
    stop()
  }
  process.once('disconnect', once)
  process.on('SIGTERM', once)
  process.on('SIGINT', once)
}

/** The load: opens streams as it is told over IPC, in a process of its own, so that no one else's work is timed. */
import type { Socket } from 'node:net'
import type { BatchResult, StreamBatch, StreamResult } from './stream-batch.ts'
import { runStream } from './timed-stream.ts'

/** What the load process takes; it answers a batch with its result. */
export type LoadRequest = StreamBatch | 'release'

/** What it says: once that it is there, then one answer to each request. */
export type LoadAnswer = 'ready' | 'released' | BatchResult

const say = (answer: LoadAnswer): void => void process.send?.(answer)

const held = new Set<Socket>()

const keep = (socket: Socket): void => {
  held.add(socket)
  socket.once('close', () => held.delete(socket))
}

async function run({ plans, atOnce, hold }: StreamBatch): Promise<BatchResult> {
  const streams: StreamResult[] = new Array(plans.length)
  const start = performance.now()
  const left = plans.entries()
  const open = async (): Promise<void> => {
    // The iterator is shared: each of us takes the next plan that nobody has taken.
    for (const [at, plan] of left) streams[at] = await runStream(plan, hold === true ? keep : undefined)
  }
  await Promise.all(Array.from({ length: atOnce }, open))
  return { streams, seconds: (performance.now() - start) / 1000 }
}

process.on('message', (message: LoadRequest) => {
  if (message === 'release') {
    for (const socket of held) socket.destroy()
    say('released')
  } else void run(message).then(say)
})
process.on('disconnect', () => process.exit(0))
say('ready')

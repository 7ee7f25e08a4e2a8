import { randomBytes } from 'node:crypto'
import { Fault } from '@cordon/shared/errors'
import type { SpanRecord } from '@cordon/shared/telemetry'
import { formatTraceParent } from '@cordon/shared/telemetry/trace-parent'
import { readNothing } from '../cli/index.ts'
import { ask } from './api-client.ts'

/** The span is a courtesy: whoever waits for a command does not wait for it. Arbitrary. */
const HAND_OVER_MS = 500

/**
 * Run a command as the first span of a trace: what it asks for with that `traceparent` belongs to it. The span is handed
 * to the supervisor, since the command ends with it.
 *
 * Made by hand: loading what makes spans would take longer than most commands.
 */
export async function traceCommand<T>(
  supervisorSocket: string,
  command: string,
  work: (traceparent: string) => Promise<T>,
): Promise<T> {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')]
  const [startedAt, begun] = [new Date().toISOString(), performance.now()]
  const handOver = async (attributes: SpanRecord['attributes']): Promise<void> => {
    const durationMs = performance.now() - begun
    const names = { part: 'command', name: 'command', traceId, spanId, parentSpanId: null }
    const body: SpanRecord = { ...names, startedAt, durationMs, attributes: { command, ...attributes } }
    const question = { method: 'POST', path: '/v1/spans', body, read: readNothing } as const
    // The command did what it did; that its trace has no beginning is no failure of it.
    await ask(supervisorSocket, question, HAND_OVER_MS).catch(() => {})
  }
  try {
    const result = await work(formatTraceParent({ traceId, spanId }))
    await handOver({ outcome: 'ok' })
    return result
  } catch (thrown) {
    await handOver({ outcome: 'failed', ...(thrown instanceof Fault ? { fault: thrown.code } : {}) })
    throw thrown
  }
}

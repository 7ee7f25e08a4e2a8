import type { FastifyInstance } from 'fastify'
import type { Telemetry } from '../../telemetry/index.ts'

/** Offer what a part knows of itself: its newest spans and lines, and its metrics as Prometheus reads them. */
export function serveTelemetry(api: FastifyInstance, telemetry: Telemetry): void {
  api.get('/v1/spans', async () => ({ spans: telemetry.spans() }))
  api.get('/v1/logs', async () => ({ lines: telemetry.lines() }))
  api.get('/v1/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await telemetry.metrics()),
  )
}

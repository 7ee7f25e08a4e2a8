import { resolve } from 'node:path'
import type { RuntimeLayout, Status } from '@cordon/shared/contracts'
import { type ExitStatus, exitStatusOfVerdict, formatAudit, readAudit, readText } from '../cli/index.ts'
import { askPart } from './api-client.ts'
import type { Terminal } from './terminal.ts'

/** The options of `cordon audit`. */
export interface AuditOptions {
  readonly proof?: string
  readonly acknowledge?: boolean
}

/** Say whether isolation holds. A record is written before anything is acknowledged, so that it has what there was. */
export async function runAudit(
  { layout, terminal, network }: { layout: RuntimeLayout; terminal: Terminal; network: Status['network'] },
  { proof, acknowledge = false }: AuditOptions,
): Promise<ExitStatus> {
  if (proof !== undefined) {
    const record = await askPart(layout, 'gateway', { method: 'GET', path: '/v1/audit/proof', read: readText })
    const { writeFileAtomically } = await import('@cordon/shared/runtime/edge')
    await writeFileAtomically(resolve(proof), record)
  }
  const audit = acknowledge
    ? await askPart(layout, 'gateway', { method: 'POST', path: '/v1/audit/acknowledge', read: readAudit })
    : await askPart(layout, 'gateway', { method: 'GET', path: '/v1/audit', read: readAudit })
  terminal.result(audit, formatAudit(audit, network, terminal.palette))
  if (proof !== undefined)
    terminal.note(`the record is in ${proof}; check it with: node deploy/check-proof.mjs ${proof}`)
  return exitStatusOfVerdict(audit.verdict)
}

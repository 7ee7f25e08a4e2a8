import type { DnsStatus } from '@cordon/shared/contracts'
import type { Palette } from './palette.ts'
import { formatBytes } from './quantity.ts'

/** Format how the names of one app are answered. Names are among it only where they were asked for. */
export function formatDns(status: DnsStatus, palette: Palette): string {
  const { id, dnsPort, socket, nymEpoch, virtual, resolver, cache, counts, inFlight, names } = status
  const troubles = [status.trouble, status.resolverTrouble === null ? null : `resolver: ${status.resolverTrouble}`]
  const lines = [
    `${id} ${palette('quiet', `nym epoch ${nymEpoch}`)}`,
    `  asked at    127.0.0.1:${dnsPort} (UDP and TCP)${virtual ? ', answers with virtual addresses' : ''}`,
    `              ${socket} (answers with virtual addresses)`,
    `  resolver    ${resolver ?? 'tor: A, AAAA and PTR'}`,
    `  cache       ${cache.entries} answers, ${formatBytes(cache.bytes)} of ${formatBytes(cache.mostBytes)}`,
    `  answered    ${counts.cached} from the cache, ${counts.lookedUp} looked up, ${counts.local} here`,
    `  not so      ${counts.refused} refused, ${counts.failed} failed, ${counts.malformed} unreadable, ${counts.overLimit} over the limit`,
    `  under way   ${inFlight}`,
    ...troubles.flatMap(trouble => (trouble === null ? [] : [`  ${palette('bad', '✗')} ${trouble}`])),
    ...(names === undefined
      ? []
      : ['  names       (from memory; written nowhere)', ...names.map(name => `    ${name}`)]),
  ]
  return `${lines.join('\n')}\n`
}

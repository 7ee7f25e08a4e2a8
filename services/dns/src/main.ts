/** dns as a process. What of the configuration concerns names comes from the gateway, which follows the file. */
import { runPart } from '@cordon/shared/part/edge'
import { DnsService } from './edge/dns-service.ts'

await runPart({ part: 'dns', failureCode: 'DNS_FAILED', open: start => DnsService.open(start) })

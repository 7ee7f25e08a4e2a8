/** The gateway as a process. */
import { runPart } from '@cordon/shared/part/edge'
import { Gateway } from './edge/gateway.ts'

await runPart({ part: 'gateway', failureCode: 'GW_FAILED', open: start => Gateway.open(start) })

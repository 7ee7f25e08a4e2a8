/** The update checks as a process. */
import { runPart } from '@cordon/shared/part/edge'
import { openUpdates } from './edge/open-updates.ts'

await runPart({ part: 'updates', failureCode: 'UPD_FAILED', open: openUpdates })

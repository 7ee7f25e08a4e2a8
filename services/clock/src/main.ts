/** The clock as a process. */
import { runPart } from '@cordon/shared/part/edge'
import { openClock } from './edge/open-clock.ts'

await runPart({ part: 'clock', failureCode: 'CLK_FAILED', open: openClock })

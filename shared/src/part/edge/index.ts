/** Part, edge: the process of a part. */
export type { PartStart, RunningPart } from './run-part.ts'
export { runPart } from './run-part.ts'

/**
 * Leak: what is tried to get out of confinement, and what the results mean.
 *
 * Belongs here: the probes as data and the judgement. Does not belong here: trying them, and capturing packets.
 */
export { isOfProbe } from './known-frame.ts'
export { MARKER, PROBES, type Probe } from './probes.ts'
export { formatReport, judgeProbes, type LeakReport, type ProbeResult, parseResults } from './verdict.ts'

/**
 * Part: what is the same in the life of every part that is a program of ours, from its arguments to its end.
 *
 * Belongs here: what a failed start means; in `edge/`, the run of a part. Does not belong here: anything that only one
 * part does.
 */
export { announceFailedStart } from './failed-start.ts'

/**
 * API: the HTTP APIs that parts offer on this machine, on AF_UNIX sockets: what all of them refuse, and how they say no.
 *
 * Belongs here: which requests are refused before anything looks at them, and the shape of a failure; in `edge/`, the
 * server and the question. Does not belong here: what an API offers, and what its answers mean.
 */
export type { ApiDoor, ApiRefusal } from './judge-request.ts'
export { judgeApiRequest } from './judge-request.ts'
export { pickNamed } from './pick-named.ts'
export { describeProblem, invalidRequest, NOTHING_HERE, refusedRequest } from './problem.ts'

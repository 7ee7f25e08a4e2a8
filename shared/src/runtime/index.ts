/**
 * Runtime: what every part needs to live: waiting, files, sockets, system calls.
 *
 * Belongs here: pure plans of waiting; in `edge/`, the ways to touch this machine that more than one part uses. Does
 * not belong here: anything that knows what a part does.
 */
export type { BackOff } from './back-off.ts'
export { planWait } from './back-off.ts'
export { listGroupMembers } from './group-members.ts'
export { readAtOnce } from './read-at-once.ts'
export { SerialQueue } from './serial-queue.ts'
export type { PartAnnouncement, PartCondition } from './service-notice.ts'
export { formatServiceNotice } from './service-notice.ts'
export type { SocketEntry } from './socket-table.ts'

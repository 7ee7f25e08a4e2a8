/**
 * Filtered control sockets: the share of tor's control port that one app may have.
 *
 * Belongs here: which commands a profile admits and what becomes of them, which circuits and streams are the app's, and
 * how they are told to it. Does not belong here: sockets, the connection to tor, and where onion services lead.
 */

export { formatBootstrap, formatOnionDescriptor, formatStatus } from './event-line.ts'
export { formatInfo } from './info-reply.ts'
export type { CommandVerdict } from './judge-command.ts'
export { judgeCommand } from './judge-command.ts'
export type { OnionWish } from './onion-wish.ts'
export { parseOnionWish } from './onion-wish.ts'
export { OwnView } from './own-view.ts'

/**
 * Names: which names and addresses are nobody else's business, as values.
 *
 * Belongs here: names and addresses that only this machine or its network can know, the range of virtual addresses,
 * the names of the way back. Does not belong here: the policy of one app, DNS messages, and looking anything up.
 */
export { judgeAddress } from './judge-address.ts'
export { judgeName } from './judge-name.ts'
export type { NameRefusal } from './name-refusal.ts'
export type { ReverseName } from './reverse-name.ts'
export { formatReverseName, parseReverseName } from './reverse-name.ts'
export { formatVirtual, isVirtual, VIRTUAL_COUNT } from './virtual-range.ts'

import type { LabDescription, LabMessage } from '@cordon/shared/contracts'

/** One line from inside to outside: the public messages, `entered`, and `ready` without what only the outside knows. */
export type InsideMessage =
  | { readonly type: 'entered' }
  | { readonly type: 'ready'; readonly description: Omit<LabDescription, 'pid'> }
  | Exclude<LabMessage, { type: 'ready' }>

import type { LabDescription, LabMessage } from '@cordon/shared/contracts'
import type { FaultCode } from '@cordon/shared/errors'

/** One line from inside to outside: the public messages, `entered`, and `ready` without what only the outside knows. */
export type InsideMessage =
  | { readonly type: 'entered' }
  | { readonly type: 'ready'; readonly description: Omit<LabDescription, 'pid'> }
  | Extract<LabMessage, { type: 'progress' }>
  | (Extract<LabMessage, { type: 'failed' }> & { readonly code: FaultCode })

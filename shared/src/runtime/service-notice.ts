import type { PartMessage } from '../contracts/index.ts'

/** What a part says of itself. */
export type PartAnnouncement = Exclude<PartMessage, { readonly type: 'alive' }>

/** How a part is; that isolation was broken is an event, which its own status goes on telling. */
export type PartCondition = Exclude<PartAnnouncement, { readonly type: 'breached' }>

/** Format what a part announces for a service manager (sd_notify(3)): its state, and a line for people. */
export function formatServiceNotice(message: PartAnnouncement): string {
  switch (message.type) {
    case 'ready':
      return 'READY=1\nSTATUS=ready'
    case 'breached':
      return status('isolation is breached: see cordon audit')
    case 'waiting':
      return status(message.detail)
    case 'failed':
      return status(message.next === null ? message.message : `${message.message}; next: ${message.next}`)
  }
}

/** A line break would begin another assignment. */
const status = (text: string): string => `STATUS=${text.replaceAll('\n', ' ')}`

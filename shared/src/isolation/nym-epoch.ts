declare const brand: unique symbol

/** How often the identity of one app was renewed since the gateway started. Counted by us, apart from tor's own. */
export type NymEpoch = number & { readonly [brand]: 'NymEpoch' }

/** The epoch every app starts in. */
export const FIRST_NYM_EPOCH = 0 as NymEpoch

/** Return the epoch after `epoch`: streams of the two never share a circuit. */
export const raiseNymEpoch = (epoch: NymEpoch): NymEpoch => (epoch + 1) as NymEpoch

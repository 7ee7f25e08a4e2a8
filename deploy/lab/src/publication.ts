/** What happens to the upload of one descriptor to one directory. */
export type UploadEvent = 'begun' | 'uploaded' | 'failed'

/** How far the publication of an onion service's descriptors has come. */
export interface Publication {
  readonly outstanding: number
  readonly uploaded: number
}

export const UNPUBLISHED: Publication = { outstanding: 0, uploaded: 0 }

/** Count one event in. */
export function countUpload({ outstanding, uploaded }: Publication, event: UploadEvent): Publication {
  if (event === 'begun') return { outstanding: outstanding + 1, uploaded }
  return { outstanding: outstanding - 1, uploaded: uploaded + (event === 'uploaded' ? 1 : 0) }
}

/**
 * Report whether a client finds the service at once, whichever directory it asks.
 *
 * True when every upload that was begun has ended and at least one ended well: a client asks one of several
 * directories, so a single copy is not enough while others are on their way.
 */
export const isPublished = ({ outstanding, uploaded }: Publication): boolean => outstanding === 0 && uploaded > 0

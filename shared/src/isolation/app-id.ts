declare const brand: unique symbol

/** The name of an app: what a person types, and the first part of every isolation key. */
export type AppId = string & { readonly [brand]: 'AppId' }

/** The legal spelling: a letter or digit, then up to 31 letters, digits or hyphens, all lower case. */
export const APP_ID_PATTERN = '^[a-z0-9][a-z0-9-]{0,31}$'

const APP_ID = new RegExp(APP_ID_PATTERN)

/** Read `text` as an app id, or return undefined. No other text ever becomes a file name or part of a socket path. */
export function parseAppId(text: string): AppId | undefined {
  return APP_ID.test(text) ? (text as AppId) : undefined
}

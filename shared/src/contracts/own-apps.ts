import type { AppId } from '../isolation/index.ts'

/** What the name of every app of Cordon's own begins with. No user's app may. */
export const OWN_APP_PREFIX = 'cordon-'

/** The legal spelling of the name of a user's app: that of an app id, and none of Cordon's own. */
export const USER_APP_ID_PATTERN = `^(?!${OWN_APP_PREFIX})[a-z0-9][a-z0-9-]{0,31}$`

/**
 * The apps that Cordon itself is: each service that asks something outside does so through a port of its own.
 *
 * They always exist and have an AF_UNIX port alone. Nobody adds, removes or configures them: all settings are the
 * defaults, so the policy is that of every app, and the credentials of a caller give it an identity of its own.
 */
export const OWN_APPS = {
  clock: 'cordon-clock' as AppId,
  updates: 'cordon-updates' as AppId,
  telemetry: 'cordon-telemetry' as AppId,
} as const

/** Report whether `id` is kept for Cordon itself. */
export const isOwnAppName = (id: string): boolean => id.startsWith(OWN_APP_PREFIX)

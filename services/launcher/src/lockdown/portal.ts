import { isIP } from 'node:net'

/**
 * What a browser is led to: the page that every Firefox asks for to learn whether there is a portal. The network sees a
 * browser like others; a portal answers with its own page, and an open network says "success".
 */
export const PORTAL_PAGE = 'http://detectportal.firefox.com/canonical.html'

/** Profiles of browsers for a login, the first that is installed is taken. */
export const PORTAL_BROWSERS = ['firefox', 'chromium'] as const

/** The app that a confined browser belongs to; no gateway knows it. */
export const PORTAL_APP = 'portal'

/** Where the servers that a network named are found, where something on this machine answers instead (their manuals). */
export const RESOLVER_FILES = [
  '/run/systemd/resolve/resolv.conf',
  '/run/NetworkManager/no-stub-resolv.conf',
  '/etc/resolv.conf',
] as const

/** Read the name servers beyond this machine of resolv.conf(5). */
export const readOutsideServers = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].flatMap(([, server = '']) =>
    isIP(server) === 0 || server.startsWith('127.') || server === '::1' ? [] : [server],
  )

/**
 * Numbers that nobody is given: above those of accounts and of systemd's dynamic users, below those that are set apart for
 * the namespaces of users (SUB_UID_MIN in login.defs(5)).
 */
const PASSING_UIDS = { first: 65_537, last: 99_999 } as const

/** Choose the number of a user who is nobody else, or undefined where all are taken. */
export function choosePassingUid(taken: ReadonlySet<number>): number | undefined {
  for (let uid: number = PASSING_UIDS.last; uid >= PASSING_UIDS.first; uid--) if (!taken.has(uid)) return uid
  return undefined
}

/** What a person reads before, and agrees to. */
export const formatPortalWarning = (minutes: number): string =>
  `For ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, one browser may reach this network WITHOUT TOR, to log in at its portal.
  The network, and whoever watches it, sees where you are and what you do in that browser. Log in, and nothing else.
  Everything else on this machine stays locked. The browser starts empty, and what it kept is removed.
`

/** Format what is left, in whole seconds. */
export const formatRemaining = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} left; Ctrl-C ends it now`

/** How a login ended. */
export type PortalEnd = 'program' | 'time' | 'signal'

/** What is said then. */
export const PORTAL_ENDS: Readonly<Record<PortalEnd, string>> = {
  program: 'the browser was closed; only tor reaches the outside again',
  time: 'the time is over; only tor reaches the outside again',
  signal: 'stopped; only tor reaches the outside again',
}

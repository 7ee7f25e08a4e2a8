import { refuse } from './fault.ts'

/** As many as browsers' are 20 and apt's 10; a source that needs more than this is lost. */
const REDIRECTS_MAX = 5

const isOnion = (url: URL): boolean => url.hostname.endsWith('.onion')

/**
 * Judge where a source leads, or throw a Fault `UPD_REDIRECT_REFUSED`: never from https to http, never away from an
 * onion service, never where it has been, and not far. Another host is allowed: releases lie on hosts of their own, and
 * it learns no more than the first did.
 */
export function judgeRedirect(seen: readonly string[], location: string): string {
  const from = new URL(seen.at(-1) ?? '')
  const to = URL.parse(location, from.href)
  if (to === null || (to.protocol !== 'https:' && to.protocol !== 'http:')) throw refused('to no web address')
  to.hash = ''
  const isDowngrade = from.protocol === 'https:' && to.protocol === 'http:'
  if (isDowngrade) throw refused('from https to http')
  if (isOnion(from) && !isOnion(to)) throw refused('away from an onion service')
  if (seen.includes(to.href)) throw refused('in circles')
  if (seen.length > REDIRECTS_MAX) throw refused('too far')
  return to.href
}

const refused = (why: string): Error => refuse('UPD_REDIRECT_REFUSED', `the source leads ${why}`)

import { BUILD_MS, CEILING_MS } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'

/** RFC 3339 with a zone; a space may stand for the T and the seconds may be left out. */
const WITH_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/
const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$/

/**
 * Parse the time that a person wants to set, into milliseconds since 1970, or throw a Fault `CLK_TIME_INVALID`.
 *
 * The zone is not optional: Tor counts in UTC, and a clock that shows the right hour in the wrong zone is hours off.
 */
export function parseClockTime(text: string): number {
  if (WITHOUT_ZONE.test(text)) {
    throw invalid(
      `${text} has no time zone, and without it is many times: Tor counts in UTC`,
      `Write ${text}Z for UTC, or ${text}+01:00 for a place one hour ahead of it.`,
    )
  }
  const ms = WITH_ZONE.test(text) ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  if (Number.isNaN(ms)) {
    throw invalid('that is no time', 'Write it like 2026-11-23T14:05:00+01:00, with its zone.')
  }
  if (ms < BUILD_MS || ms > CEILING_MS) {
    throw invalid('it cannot be that time: this program was made later, or is too old for it', 'Look at the year.')
  }
  return ms
}

const invalid = (message: string, next: string): Fault =>
  new Fault('CLK_TIME_INVALID', message, { where: 'host', retry: 'never', next })

const IMF_FIXDATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * Parse a Date field, and return milliseconds since 1970, or undefined.
 *
 * Only IMF-fixdate (RFC 9110 section 5.6.7), the one form that servers may send: exactly 29 characters, in GMT, with the
 * day of the week that belongs to it. The two obsolete forms, offsets, leap seconds and any other spelling are no time.
 */
export function parseDateField(text: string): number | undefined {
  if (!IMF_FIXDATE.test(text)) return undefined
  const ms = Date.parse(text)
  // What does not come back the same was read leniently: 31 February, a wrong day of the week, hour 24.
  return Number.isNaN(ms) || new Date(ms).toUTCString() !== text ? undefined : ms
}

/** What the caches of all apps take together at most. A part of what all parts of Cordon take at rest; arbitrary. */
const ALL_BYTES = 64 * 1024 * 1024
/** Ten thousand names, which are weeks of one program. Arbitrary. */
const MOST_BYTES = 1024 * 1024
/** Some hundred names: a page of the web asks for some dozens. Arbitrary. */
const LEAST_BYTES = 32 * 1024

/**
 * What the cache of each of `apps` apps may take of memory.
 *
 * Equal parts, whoever needs them: if one app's cache grew at the cost of another's, the second would see in its misses
 * what the first does.
 */
export const shareCache = (apps: number): number =>
  Math.max(LEAST_BYTES, Math.min(MOST_BYTES, Math.floor(ALL_BYTES / Math.max(1, apps))))

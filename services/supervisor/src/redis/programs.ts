import { Fault } from '@cordon/shared/errors'

/**
 * Names of the program, best first. Debian's redis-tools holds the server without the system service of redis-server:
 * the checker of dumps is the same file, and looks at the name that it was started by.
 */
export const REDIS_PROGRAMS = ['redis-server', 'redis-check-rdb'] as const

/** The fault of a machine without redis. It is looked for again by itself: an installation mends it. */
export const redisMissing = (): Fault =>
  new Fault('QUE_UNREACHABLE', 'redis is not installed; the traffic of apps is not affected', {
    where: 'host',
    retry: 'after-waiting',
    next: 'Install it with `apt install redis-tools`, or name one with redis in the configuration.',
  })

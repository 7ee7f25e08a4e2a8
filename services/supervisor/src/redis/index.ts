/**
 * Redis: what the supervisor knows about running a redis-server: its configuration, its log, what it answers.
 *
 * Belongs here: text for redis and judgements of what it says. Does not belong here: the process, its socket, jobs.
 */
export { judgeFullness } from './fullness.ts'
export { REDIS_PROGRAMS, redisMissing } from './programs.ts'
export { formatRedisConfiguration } from './redis-configuration.ts'
export { parseRedisLogLine } from './redis-log.ts'

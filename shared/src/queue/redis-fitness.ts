import { Fault, type FaultCode, systemCode } from '../errors/index.ts'

/** BullMQ's recommended minimum; its scripts use commands of that version. */
const OLDEST = [6, 2] as const

/** Judge a Redis by its answer to INFO: the Fault that says why it cannot carry jobs, or undefined. */
export function judgeRedis(info: string): Fault | undefined {
  const version = /^redis_version:(\d+)\.(\d+)/m.exec(info)?.slice(1).map(Number)
  const [major = 0, minor = 0] = version ?? []
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return unfit('QUE_REDIS_TOO_OLD', `it is Redis ${major}.${minor}`, 'Use Redis 6.2 or newer.')
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1]
  if (policy !== 'noeviction') {
    const why = `its maxmemory-policy is ${policy ?? 'unknown'}, so it throws jobs away when it is full`
    return unfit('QUE_EVICTION_POLICY', why, 'Set maxmemory-policy noeviction in its configuration.')
  }
  return undefined
}

/** What Redis answers with, by the first word, and what it means to us (Redis: "Error replies", ACL). */
const REPLIES: readonly (readonly [pattern: RegExp, code: FaultCode, why: string, next: string])[] = [
  [
    /^(WRONGPASS|NOAUTH)|invalid password|without any password/,
    'QUE_PASSWORD_REFUSED',
    'it refuses the user name or password, or wants one',
    'Put the right password into the passwordFile of its settings.',
  ],
  [
    /^NOPERM|unknown command|^NOSCRIPT|cmsgpack|cjson/,
    'QUE_SCRIPTS_REFUSED',
    'it does not let this user run the scripts of the queue',
    'Allow this user scripts and the commands that they use (ACL).',
  ],
  [/^OOM/, 'QUE_WRITES_REFUSED', 'its memory is full', 'Raise its maxmemory, or find what fills it.'],
  [/^MISCONF/, 'QUE_WRITES_REFUSED', 'it cannot save to its disk', 'Free its disk, or switch saving off.'],
  [/^READONLY/, 'QUE_WRITES_REFUSED', 'it is a replica', 'Name the primary in its settings.'],
]

/** What OpenSSL and Node call a certificate that is not believed (`X509_V_ERR_…`, `ERR_TLS_CERT_ALTNAME_INVALID`). */
const CERTIFICATE = /CERT|VERIFY/

/** Say what a failure of a command means. What is not known is that Redis cannot be reached. */
export function explainRedisError(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown
  const message = thrown instanceof Error ? thrown.message : ''
  const known = REPLIES.find(([pattern]) => pattern.test(message))
  if (known !== undefined) return unfit(known[1], known[2], known[3], thrown)
  if (CERTIFICATE.test(systemCode(thrown) ?? '')) {
    const next = 'Put the name in its certificate into tls.name, and its authority into tls.authorityFile.'
    return unfit('QUE_CERTIFICATE_REFUSED', 'its certificate is not believed', next, thrown)
  }
  return new Fault('QUE_UNREACHABLE', 'Redis does not answer', {
    where: 'local',
    retry: 'after-waiting',
    next: 'Wait, the queue heals alone; `cordon status` shows the state of redis.',
    cause: thrown,
  })
}

const unfit = (code: FaultCode, why: string, next: string, cause?: unknown): Fault =>
  new Fault(code, `Redis cannot carry the queue: ${why}`, { where: 'local', retry: 'after-waiting', next, cause })

import { type Static, Type } from '../schema/index.ts'

const closed = { additionalProperties: false } as const

/** One place to ask, and who runs it. All sources of one operator have one vote together. */
export const TIME_SOURCE = Type.Object(
  {
    operator: Type.String({
      pattern: '^[a-z0-9][a-z0-9.-]{0,63}$',
      description: 'a short name of who runs it (a-z, 0-9, dots and hyphens)',
    }),
    url: Type.String({
      pattern: '^https?://[^\\s/?#@]+(/[^\\s#]*)?$',
      maxLength: 512,
      description: 'https://HOST/ or, for an onion service, http://ADDRESS.onion/',
    }),
  },
  { ...closed, description: 'a map with operator and url' },
)
export type TimeSource = Static<typeof TIME_SOURCE>

/** Sources by pool. Pools are chosen so that whoever controls one is unlikely to control another. */
export const TIME_POOLS = Type.Record(
  Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
  Type.Array(TIME_SOURCE, { minItems: 1, maxItems: 200, description: 'a list of maps with operator and url' }),
  {
    ...closed,
    minProperties: 3,
    maxProperties: 10,
    description: 'a map from pool names to sources, three pools at least',
  },
)
export type TimePools = Static<typeof TIME_POOLS>

/** The `clock` section of cordon.yaml. */
export const CLOCK_SETTINGS = Type.Object(
  {
    pools: Type.Optional(TIME_POOLS),
    perPool: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, description: 'a whole number from 1 to 10' })),
    leastOperators: Type.Optional(
      Type.Integer({ minimum: 3, maximum: 50, description: 'a whole number from 3 to 50' }),
    ),
    failureRatio: Type.Optional(Type.Number({ minimum: 0, maximum: 0.5, description: 'a number from 0 to 0.5' })),
    maxDelaySeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 25, description: 'a whole number from 1 to 25' }),
    ),
    toleranceSeconds: Type.Optional(
      Type.Integer({ minimum: 2, maximum: 600, description: 'a whole number from 2 to 600' }),
    ),
    discipline: Type.Optional(
      Type.Enum(['auto', 'chrony', 'sntp', 'direct', 'report'], {
        description: 'one of auto, chrony, sntp, direct, report',
      }),
    ),
    chronySocket: Type.Optional(
      Type.String({
        pattern: '^/[^\\u0000-\\u001f]*$',
        maxLength: 107,
        description: 'an absolute path (107 bytes at most)',
      }),
    ),
    sntpPort: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, description: 'a port from 1 to 65535' })),
    allowBackward: Type.Optional(Type.Boolean({ description: 'true or false' })),
  },
  { ...closed, description: 'a map of clock settings' },
)
export type ClockSettings = Static<typeof CLOCK_SETTINGS>

/** The settings with everything filled in but the pools, whose default depends on the network. */
export type CompleteClockSettings = Required<Omit<ClockSettings, 'pools' | 'sntpPort'>> &
  Pick<ClockSettings, 'pools' | 'sntpPort'>

/**
 * Fill in what is not set.
 *
 * - Three of each pool: nine at once are enough that one or two may be away, and few enough to stay below 100 kB a round.
 * - Five operators: the fewest of which two may lie and be outvoted (RFC 5905 section 11.2.1: n > 2f).
 * - 0.34 of a pool may fail: one of three, as sdwdate and htpdate have it.
 * - 10 s of delay: far above what a circuit takes, and half of it bounds what a delay can shift.
 * - 10 s of tolerance: certificates, consensuses and most protocols do not notice it; a slew of 500 ppm covers it in six
 *   hours.
 */
export function completeClockSettings(settings: ClockSettings = {}): CompleteClockSettings {
  return {
    ...settings,
    perPool: settings.perPool ?? 3,
    leastOperators: settings.leastOperators ?? 5,
    failureRatio: settings.failureRatio ?? 0.34,
    maxDelaySeconds: settings.maxDelaySeconds ?? 10,
    toleranceSeconds: settings.toleranceSeconds ?? 10,
    discipline: settings.discipline ?? 'auto',
    chronySocket: settings.chronySocket ?? '/run/chrony/cordon.sock',
    allowBackward: settings.allowBackward ?? false,
  }
}

import { type Static, Type } from '../schema/index.ts'
import { TIME_POOLS } from './clock-settings.ts'

const FINGERPRINT = Type.String({ pattern: '^[0-9A-F]{40}$' })

/** One relay of the lab; a site sees an exit's `address`. */
export const LAB_RELAY = Type.Object({ nickname: Type.String(), address: Type.String(), fingerprint: FINGERPRINT })
export type LabRelay = Static<typeof LAB_RELAY>

/** All that somebody needs to join a running lab. */
export const LAB_DESCRIPTION = Type.Object({
  /**
   * A process inside the lab's user and network namespace, numbered as the lab's owner sees it:
   * `nsenter --preserve-credentials --user --net --target PID -- tor …` starts a client there.
   */
  pid: Type.Integer({ minimum: 1 }),
  /** The DirAuthority lines of a client's torrc. */
  dirAuthorities: Type.Array(Type.String(), { minItems: 1 }),
  /** Further torrc lines that a client of this network needs. No ports, sockets or directories among them. */
  clientTorrc: Type.Array(Type.String()),
  /** The onion service that leads to the check site, ports 80 and 443. */
  onion: Type.String({ pattern: '^[a-z2-7]{56}\\.onion$' }),
  /** Path of the certificate (PEM) that vouches for the lab's HTTPS sites. */
  authority: Type.String(),
  /** The lab's honest sources of time, for the clock. */
  timePools: TIME_POOLS,
  exits: Type.Array(LAB_RELAY),
  /** All relays: the authorities and the exits. */
  relays: Type.Array(LAB_RELAY),
})
export type LabDescription = Static<typeof LAB_DESCRIPTION>

/** What the lab is busy with while it starts, in this order. */
export const LAB_STEPS = ['keys', 'sites', 'authorities', 'relays', 'consensus', 'onion'] as const
export type LabStep = (typeof LAB_STEPS)[number]

/** One line of the lab's standard output. `ready` comes once; `failed` is the last line before exit status 1. */
export const LAB_MESSAGE = Type.Union([
  Type.Object({
    type: Type.Literal('progress'),
    step: Type.Enum([...LAB_STEPS]),
    message: Type.String(),
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
  }),
  Type.Object({ type: Type.Literal('ready'), description: LAB_DESCRIPTION }),
  Type.Object({ type: Type.Literal('failed'), code: Type.String(), message: Type.String(), next: Type.String() }),
])
export type LabMessage = Static<typeof LAB_MESSAGE>

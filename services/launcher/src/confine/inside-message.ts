import type { NetworkWishes } from './inner-network.ts'
import type { MountWishes } from './mounts.ts'

/** Everything that is needed inside the namespaces, sent there once. */
export interface Outfit {
  readonly network: NetworkWishes
  readonly mounts: MountWishes
  /** Absolute paths of the programs of the host that are used. */
  readonly programs: InsidePrograms
  /** Real paths of resolv.conf and nsswitch.conf, for a kernel without overlays; those that exist. */
  readonly nameServiceFiles: readonly { readonly path: string; readonly realPath: string; readonly content: string }[]
  /** The system call filter, base64. */
  readonly filter: string
  /** The program and its arguments, and the environment that it gets. */
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Signals that the program is to find at their defaults (names without SIG). */
  readonly defaultSignals: readonly string[]
  /** Inherited ones: where bwrap(1) tells what becomes of the program, and the standard error that is the program's. */
  readonly descriptors: { readonly status: number; readonly standardError: number }
}

/** Programs that are run inside, by absolute path. */
export interface InsidePrograms {
  readonly ip: string
  readonly nft: string
  readonly bwrap: string
  readonly setpriv: string
  readonly env: string
}

/** What the launcher says to the process inside. */
export type ToInside =
  | { readonly type: 'lay'; readonly outfit: Outfit }
  /** All sockets have arrived: become the program. */
  | { readonly type: 'start' }

/** What the process inside says to the launcher. A `listener` and `datagrams` come with a socket. */
export type FromInside =
  | { readonly type: 'listener' }
  | { readonly type: 'datagrams' }
  | { readonly type: 'laid' }
  | { readonly type: 'failed'; readonly step: LayingStep; readonly said: string }

/** The steps inside, in their order. Any failing one ends it before the program starts. */
export type LayingStep = 'devices' | 'rules' | 'mounts' | 'sockets' | 'program'

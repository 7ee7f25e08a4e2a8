/** The parts of Cordon as pods: who makes which sockets, who is shown them, and what is kept. */
import { SYSTEM_PARTS, type SystemPart } from '../systemd/parts.ts'

/** One part as a pod of its own, because network policies hold for pods and not for containers. */
export interface Pod {
  readonly part: SystemPart
  /** The number that the image has for its user. */
  readonly uid: number
  /** Directories of sockets that it makes (below the runtime directory). */
  readonly makes: readonly string[]
  /** Directories of sockets of others that it is shown. What a pod is not shown is not there for it. */
  readonly sees: readonly string[]
  /** How much it keeps on a volume, or undefined for what may be lost. */
  readonly keeps?: string
  /** Words of `cordon` that end with 0 when it is well, and with 4 while it waits for something. */
  readonly check: readonly string[]
}

/** As deploy/images numbers the users, in the same order. */
const FIRST_UID = 7701

/** What a client of the gateway is shown: its API, its apps' sockets, and the queue. */
const CLIENT = ['gateway', 'apps', 'redis'] as const

const SOCKETS: Readonly<Record<string, Pick<Pod, 'makes' | 'sees' | 'keeps'>>> = {
  tor: { makes: ['tor'], sees: ['onion'], keeps: '256Mi' },
  redis: { makes: ['redis'], sees: [] },
  gateway: { makes: ['gateway', 'apps', 'onion'], sees: ['tor', 'redis'], keeps: '64Mi' },
  dns: { makes: ['dns'], sees: CLIENT },
  clock: { makes: ['clock'], sees: CLIENT, keeps: '16Mi' },
  updates: { makes: ['updates'], sees: CLIENT, keeps: '1Gi' },
  supervisor: { makes: ['supervisor'], sees: ['tor', 'redis', 'gateway', 'dns', 'clock', 'updates'] },
}

export const PODS: readonly Pod[] = SYSTEM_PARTS.map((part, index) => {
  const sockets = SOCKETS[part.name]
  if (sockets === undefined) throw new Error(`${part.name} has no sockets`)
  const check = part.name === 'supervisor' ? ['status'] : ['part', part.name, '--check']
  return { part, uid: FIRST_UID + index, ...sockets, check }
})

import type { PartName } from '@cordon/shared/contracts'

/** What the supervisor knows of a part before it runs. A new part is a new line of {@link PARTS} and a driver. */
export interface PartDefinition {
  readonly name: PartName
  /** Parts that must be ready before this one starts. When one of them is lost, this one is stopped with it. */
  readonly needs: readonly PartName[]
  /** How long an orderly stop may take before the part is killed. The sum stays below the 30 s of an orderly stop. */
  readonly drainMs: number
  /** A part that has not answered for so long is killed and started again. */
  readonly watchdogMs: number
  /** The traffic of apps passes without it. */
  readonly optional: boolean
  /** How many files and sockets it may have open; undefined: what this user may. */
  readonly openFiles: number | undefined
}

/**
 * All parts in the order of starting; stopping is the other way round.
 *
 * The gateway needs no other part: while tor is away it refuses, and its listeners stay where the apps expect them.
 *
 * dns follows the gateway through its restarts by itself, and what apps send by name through their ports needs no dns.
 *
 * The clock asks through the gateway, and in a lab the lab's own sources; apps do without it, but for those that wait for
 * it (`hold: clock`). It looks for the gateway itself, and a new one is told what it knows.
 *
 * The update checks need neither the gateway nor the clock nor Redis to start: they wait for all three.
 *
 * A lab is given more time to answer: to replace it takes 20 s and all circuits. Redis has one client a service.
 */
export const PARTS: readonly PartDefinition[] = [
  { name: 'lab', needs: [], drainMs: 9000, watchdogMs: 20_000, optional: false, openFiles: undefined },
  { name: 'tor', needs: ['lab'], drainMs: 6000, watchdogMs: 6000, optional: false, openFiles: undefined },
  { name: 'redis', needs: [], drainMs: 3000, watchdogMs: 6000, optional: true, openFiles: 1024 },
  { name: 'gateway', needs: [], drainMs: 9000, watchdogMs: 6000, optional: false, openFiles: undefined },
  { name: 'dns', needs: ['lab'], drainMs: 500, watchdogMs: 6000, optional: true, openFiles: undefined },
  { name: 'clock', needs: ['lab'], drainMs: 1000, watchdogMs: 6000, optional: true, openFiles: 1024 },
  { name: 'updates', needs: ['lab'], drainMs: 500, watchdogMs: 6000, optional: true, openFiles: 1024 },
]

/** Choose the parts of an instance, in order; what is left out is not waited for either. */
export function chooseParts(names: readonly PartName[]): readonly PartDefinition[] {
  const chosen = (name: PartName): boolean => names.includes(name)
  return PARTS.filter(part => chosen(part.name)).map(part => ({ ...part, needs: part.needs.filter(chosen) }))
}

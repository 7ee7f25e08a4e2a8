import type { CircuitGroup, CircuitTable } from './circuit-table.ts'
import { isOn, type Knowledge } from './judge-group.ts'

/** Report whether an app of ours is on a group that carried somebody before the view of tor began. */
export const isOlder = (group: CircuitGroup, isOurs: Knowledge['isOurs']): boolean =>
  [...group.circuits.values()].some(circuit => circuit.isOlder) && isOn(group, isOurs)

/** Count such groups. */
export const countOlder = (table: CircuitTable, isOurs: Knowledge['isOurs']): number =>
  [...table.groups].filter(group => isOlder(group, isOurs)).length

/** Report whether no stream is on any circuit of a group. */
export const isIdle = (group: CircuitGroup, table: CircuitTable): boolean =>
  [...group.circuits.keys()].every(id => table.countStreamsOn(id) === 0)

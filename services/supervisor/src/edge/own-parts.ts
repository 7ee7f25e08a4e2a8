import { join } from 'node:path'
import type { PartName } from '@cordon/shared/contracts'
import type { Instance } from './instance.ts'

/** A part that is a program of Cordon's own. */
export interface OwnPart {
  readonly name: PartName
  /** As it stands in a sentence. */
  readonly title: string
  /** The entry, from the top of the installation. */
  readonly entry: string
  /** Arguments beyond the directories, which every part is given. */
  readonly more: (instance: Pick<Instance, 'lab' | 'labDirectory'>) => readonly string[]
}

/** In the lab, what is vouched for by the lab's own authority is believed. */
const believeLab: OwnPart['more'] = ({ lab }) => (lab === undefined ? [] : ['--authority', lab.authority])

/** The parts that are programs of ours, in the order of their start. */
export const OWN_PARTS: readonly OwnPart[] = [
  { name: 'gateway', title: 'the gateway', entry: 'gateway/src/main.ts', more: () => [] },
  { name: 'updates', title: 'the update checks', entry: 'services/updates/src/main.ts', more: believeLab },
  { name: 'dns', title: 'dns', entry: 'services/dns/src/main.ts', more: believeLab },
  {
    name: 'clock',
    title: 'the clock',
    entry: 'services/clock/src/main.ts',
    more: ({ labDirectory }) => (labDirectory === undefined ? [] : ['--lab', join(labDirectory, 'lab.sock')]),
  },
]

import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '@cordon/shared/errors'
import { readFileBounded, writeFileAtomically } from '@cordon/shared/runtime/edge'
import {
  chooseFloor,
  chooseSlot,
  FLOOR_MAX_BYTES,
  type Floor,
  type FloorRecord,
  formatFloor,
  parseFloor,
} from '../discipline/index.ts'

const NAMES = ['floor-a', 'floor-b'] as const

/** The floor in a directory of its own: two files, written in turn and each at once. */
export class FloorFile {
  readonly paths: readonly string[]

  constructor(directory: string) {
    this.paths = NAMES.map(name => join(directory, name))
  }

  async read(): Promise<Floor> {
    return chooseFloor(await this.#records())
  }

  /** Raise the floor, never lower it; throws a Fault `CFG_UNREADABLE` when it cannot be kept. */
  async raise(unixMs: number): Promise<void> {
    const records = await this.#records()
    const floor = chooseFloor(records)
    if (floor.type === 'lost' || (floor.unixMs ?? Number.NEGATIVE_INFINITY) >= unixMs) return
    await writeFileAtomically(this.paths[chooseSlot(records)] ?? '', formatFloor(unixMs))
  }

  #records(): Promise<FloorRecord[]> {
    return Promise.all(this.paths.map(readRecord))
  }
}

/** Whatever is not a file of ours, whole and readable, is damage: a link is not followed. */
async function readRecord(path: string): Promise<FloorRecord> {
  try {
    if (!(await lstat(path)).isFile()) return { type: 'damaged' }
    return parseFloor(await readFileBounded(path, FLOOR_MAX_BYTES))
  } catch (thrown) {
    return { type: systemCode(thrown) === 'ENOENT' ? 'absent' : 'damaged' }
  }
}

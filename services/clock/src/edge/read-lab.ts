import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { LAB_DESCRIPTION, type TimePools } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { withDeadline } from '@cordon/shared/runtime/edge'
import { fits } from '@cordon/shared/schema'

/** A lab that runs answers at once. Arbitrary. */
const DEADLINE_MS = 5000

/** Whom the clock asks and believes in a lab. */
export interface LabTime {
  readonly pools: TimePools
  /** The certificate (PEM) of the lab's own authority. */
  readonly authority: string
}

/** Read the description of the lab that answers at `socketPath`; its sources stand in for those of the Internet. */
export async function readLab(socketPath: string): Promise<LabTime> {
  const connection = connect({ path: socketPath })
  try {
    const description: unknown = JSON.parse(await withDeadline(text(connection), DEADLINE_MS, strange))
    if (!fits(LAB_DESCRIPTION, description)) throw strange()
    return { pools: description.timePools, authority: await readFile(description.authority, 'latin1') }
  } finally {
    connection.destroy()
  }
}

const strange = (): Fault =>
  new Fault('LAB_FAILED', 'what answers in place of the lab is none', { where: 'local', retry: 'after-waiting' })

import { createHash } from 'node:crypto'

/** What one of the two floor files was found to be. */
export type FloorRecord =
  | { readonly type: 'floor'; readonly unixMs: number }
  | { readonly type: 'absent' }
  | { readonly type: 'damaged' }

/** The floor as far as it is known. */
export type Floor = { readonly type: 'known'; readonly unixMs: number | undefined } | { readonly type: 'lost' }

/** No record is longer. */
export const FLOOR_MAX_BYTES = 256

const RECORD = /^cordon floor 1 (\d{1,16}) ([0-9a-f]{64})\n$/

/** Format one record: a line that says what it is, with the hash that tells a whole one from a cut or changed one. */
export function formatFloor(unixMs: number): string {
  const value = String(Math.floor(unixMs))
  return `cordon floor 1 ${value} ${hashOf(value)}\n`
}

/** Parse a record; whatever is not exactly one is damaged, and says nothing. */
export function parseFloor(content: Buffer | undefined): FloorRecord {
  if (content === undefined) return { type: 'absent' }
  const [, value = '', hash] = RECORD.exec(content.toString('latin1')) ?? []
  return hash !== undefined && hashOf(value) === hash ? { type: 'floor', unixMs: Number(value) } : { type: 'damaged' }
}

/**
 * Read the floor from its two records: the higher one.
 *
 * They are written in turn, so one damaged record costs one round and not the floor. Where both are damaged, or one and
 * the other is gone, the floor is lost: that it can be erased by damage would be the attack. Without any there is none yet.
 */
export function chooseFloor(records: readonly FloorRecord[]): Floor {
  const known = records.flatMap(record => (record.type === 'floor' ? [record.unixMs] : []))
  if (known.length > 0) return { type: 'known', unixMs: Math.max(...known) }
  return records.some(({ type }) => type === 'damaged') ? { type: 'lost' } : { type: 'known', unixMs: undefined }
}

/** Choose which record is written next: the one that says least. */
export function chooseSlot(records: readonly FloorRecord[]): number {
  const worth = records.map(record => (record.type === 'floor' ? record.unixMs : Number.NEGATIVE_INFINITY))
  return worth.indexOf(Math.min(...worth))
}

const hashOf = (value: string): string => createHash('sha256').update(`cordon floor ${value}`).digest('hex')

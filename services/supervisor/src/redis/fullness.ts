import { Fault } from '@cordon/shared/errors'

/** Say that a Redis is full, by its answer to INFO: the Fault, or undefined while there is room. */
export function judgeFullness(info: string): Fault | undefined {
  const read = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
  const most = read('maxmemory')
  if (most === 0 || read('used_memory') < most) return undefined
  return new Fault('QUE_WRITES_REFUSED', 'the memory of redis is full: it refuses new jobs, and apps notice nothing', {
    where: 'local',
    retry: 'after-waiting',
    next: 'Raise its maxmemory if it is yours; if it is the embedded one, report this: the queue should keep it small.',
  })
}

import { statSync } from 'node:fs'
import type { SeenProcess } from '../confine/own-instance.ts'
import { listProcesses, readKernelFile, readNetworkNamespace, realPath } from './host.ts'

/** List the processes of this machine, each as far as it shows whose it is. */
export function seeProcesses(): readonly SeenProcess[] {
  return listProcesses().flatMap(pid => {
    const uid = readOwner(pid)
    if (uid === undefined) return [] // it has ended meanwhile
    return [
      {
        pid,
        uid,
        program: realPath(`/proc/${pid}/exe`),
        args: (readKernelFile(`/proc/${pid}/cmdline`) ?? '').split('\0'),
        networkNamespace: readNetworkNamespace(pid),
      },
    ]
  })
}

function readOwner(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid
  } catch {
    return undefined
  }
}

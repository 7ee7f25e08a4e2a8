import { networkInterfaces } from 'node:os'
import {
  decodeSocketChunk,
  encodeSocketDestroy,
  encodeSocketDump,
  leavesMachine,
  type SocketEntry,
} from '../socket-table.ts'
import { talkToSocketDiagnosis } from './system-calls.ts'

/** The kernel answers in milliseconds. Arbitrary. */
const ANSWER_TIMEOUT_MS = 2000

/**
 * List the sockets of this network namespace, of all users, whose far end is beyond this machine; undefined where the
 * kernel does not tell. Nobody but the caller may learn the far ends: they are destinations.
 */
export function listSocketsOutward(): readonly SocketEntry[] | undefined {
  const own = new Set(Object.values(networkInterfaces()).flatMap(all => all?.map(({ address }) => address) ?? []))
  const found: SocketEntry[] = []
  for (const protocol of ['tcp', 'udp'] as const) {
    for (const family of ['ipv4', 'ipv6'] as const) {
      const isWhole = talkToSocketDiagnosis(encodeSocketDump(protocol, family), ANSWER_TIMEOUT_MS, answer => {
        const { entries, isLast } = decodeSocketChunk(answer, protocol)
        found.push(...entries.filter(entry => leavesMachine(entry, own)))
        return !isLast
      })
      if (!isWhole) return undefined
    }
  }
  return found
}

/** Where in an answer the kernel's error number stands: 0 is done (struct nlmsgerr). */
const ERROR_AT = 16

/**
 * Close a socket whoever has it: its program hears ECONNABORTED. Report whether it is closed now; without CAP_NET_ADMIN
 * and in kernels without CONFIG_INET_DIAG_DESTROY it is not.
 */
export function destroySocket(entry: SocketEntry): boolean {
  let isClosed = false
  talkToSocketDiagnosis(encodeSocketDestroy(entry), ANSWER_TIMEOUT_MS, answer => {
    isClosed = answer.length >= ERROR_AT + 4 && [0, -ENOENT].includes(answer.readInt32LE(ERROR_AT))
    return false
  })
  return isClosed
}

/** It has been closed meanwhile. */
const ENOENT = 2

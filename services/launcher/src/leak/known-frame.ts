import { MARKER, PROBES } from './probes.ts'

/** Addresses of the probes as they stand in a packet: nobody else sends to them. */
const ADDRESSES: readonly Buffer[] = PROBES.flatMap(probe => {
  if (!('address' in probe) || !/^(?:240\.|203\.|2001:|fec0:)/.test(probe.address)) return []
  return [probe.address.includes(':') ? encodeIpv6(probe.address) : Buffer.from(probe.address.split('.').map(Number))]
})

/** Report whether a captured frame is of a probe: it holds our marker, or goes to an address of ours. */
export function isOfProbe(frame: Uint8Array): boolean {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.length)
  return bytes.includes(MARKER) || ADDRESSES.some(address => bytes.includes(address))
}

/** Write an IPv6 address of the form `head::tail`, which all of ours have. */
function encodeIpv6(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string): readonly number[] =>
    text.split(':').flatMap(group => (group === '' ? [] : [Number.parseInt(group, 16)]))
  const all = [...groups(head), ...Array(8 - groups(head).length - groups(tail).length).fill(0), ...groups(tail)]
  const bytes = Buffer.alloc(16)
  for (const [at, group] of all.entries()) bytes.writeUInt16BE(group, at * 2)
  return bytes
}

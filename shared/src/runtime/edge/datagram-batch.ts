import koffi from 'koffi'
import { receiveMany, sendMany } from './system-calls.ts'

/** Who sent a datagram, or is sent one: an IPv4 address and a port in one number, for quick comparison. */
export type Ipv4Peer = number

/** Give address and port as one number. */
export const toIpv4Peer = (octets: readonly number[], port: number): Ipv4Peer =>
  octets.reduce((sum, octet) => sum * 256 + octet, 0) * 65_536 + port

/** The address and the port that `peer` stands for. */
export const fromIpv4Peer = (peer: Ipv4Peer): { readonly address: string; readonly port: number } => {
  const address = Math.floor(peer / 65_536)
  return {
    address: [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join('.'),
    port: peer % 65_536,
  }
}

// struct mmsghdr, struct iovec and struct sockaddr_in of 64-bit Linux (recvmmsg(2), readv(2), ip(7)).
const HEADER_BYTES = 64
const NAME_AT = 0
const NAME_BYTES_AT = 8
const PARTS_AT = 16
const PARTS_COUNT_AT = 24
const RECEIVED_AT = 56
const PART_BYTES = 16
const PART_LENGTH_AT = 8
const NAME_BYTES = 16
const PORT_AT = 2
const ADDRESS_AT = 4
const AF_INET = 2

/**
 * Room for datagrams that are received or sent by one system call (recvmmsg(2), sendmmsg(2)).
 *
 * The memory is the batch's own and used again by the next call: what outlives it is copied. Longer datagrams than there
 * is room for are cut.
 */
export class DatagramBatch {
  /** How many there is room for. */
  readonly size: number
  readonly #headers: Buffer
  readonly #parts: Buffer
  readonly #names: Buffer
  readonly #slots: readonly Buffer[]

  constructor(size: number, bytesEach: number) {
    this.size = size
    this.#headers = Buffer.alloc(size * HEADER_BYTES)
    this.#parts = Buffer.alloc(size * PART_BYTES)
    this.#names = Buffer.alloc(size * NAME_BYTES)
    const memory = Buffer.alloc(size * bytesEach)
    this.#slots = Array.from({ length: size }, (_, at) => memory.subarray(at * bytesEach, (at + 1) * bytesEach))
    // Buffers of this size have memory of their own, which stays where it is for as long as they are held.
    const addresses = [this.#names, this.#parts, memory].map(buffer => koffi.address(buffer))
    const [names = 0n, parts = 0n, slots = 0n] = addresses
    for (let at = 0; at < size; at++) {
      const index = BigInt(at)
      const header = at * HEADER_BYTES
      this.#headers.writeBigUInt64LE(names + index * BigInt(NAME_BYTES), header + NAME_AT)
      this.#headers.writeBigUInt64LE(parts + index * BigInt(PART_BYTES), header + PARTS_AT)
      this.#headers.writeBigUInt64LE(1n, header + PARTS_COUNT_AT)
      this.#parts.writeBigUInt64LE(slots + index * BigInt(bytesEach), at * PART_BYTES)
      this.#setLength(at, bytesEach)
    }
  }

  /** The memory of one datagram, as long as there is room. */
  slot(at: number): Buffer {
    return this.#slots[at] as Buffer
  }

  /** The bytes of a datagram that was received. */
  received(at: number): number {
    return this.#headers.readUInt32LE(at * HEADER_BYTES + RECEIVED_AT)
  }

  /** Who sent it. */
  peer(at: number): Ipv4Peer {
    const name = at * NAME_BYTES
    return this.#names.readUInt32BE(name + ADDRESS_AT) * 65_536 + this.#names.readUInt16BE(name + PORT_AT)
  }

  /** Put in a datagram that was received by other means. */
  put(at: number, message: Uint8Array, peer: Ipv4Peer): void {
    const slot = this.slot(at)
    const bytes = Math.min(message.length, slot.length)
    slot.set(message.length > bytes ? message.subarray(0, bytes) : message)
    this.#headers.writeUInt32LE(bytes, at * HEADER_BYTES + RECEIVED_AT)
    this.#setPeer(at, peer)
  }

  /** Let the first `bytes` of a slot go to `peer`. */
  address(at: number, bytes: number, peer: Ipv4Peer): void {
    this.#setLength(at, bytes)
    this.#setPeer(at, peer)
  }

  /** Receive what waits at a socket into the slots from `first` on, without waiting; give how many came. */
  receive(descriptor: number, first: number): number {
    for (let at = first; at < this.size; at++)
      this.#headers.writeUInt32LE(NAME_BYTES, at * HEADER_BYTES + NAME_BYTES_AT)
    return Math.max(0, receiveMany(descriptor, this.#headersFrom(first), this.size - first))
  }

  /** Send the first `count` without waiting. What cannot be sent is lost, as datagrams are. */
  send(descriptor: number, count: number): void {
    for (let sent = 0; sent < count; ) {
      const more = sendMany(descriptor, this.#headersFrom(sent), count - sent)
      // The call ends before the first that fails: pass over that one.
      sent += Math.max(1, more)
    }
  }

  #headersFrom(first: number): Buffer {
    return first === 0 ? this.#headers : this.#headers.subarray(first * HEADER_BYTES)
  }

  #setLength(at: number, bytes: number): void {
    this.#parts.writeUInt32LE(bytes, at * PART_BYTES + PART_LENGTH_AT)
  }

  #setPeer(at: number, peer: Ipv4Peer): void {
    this.#headers.writeUInt32LE(NAME_BYTES, at * HEADER_BYTES + NAME_BYTES_AT)
    writeName(this.#names, at * NAME_BYTES, peer)
  }
}

/** Encode address and port as the kernel takes them (struct sockaddr_in, ip(7)). */
export function encodeIpv4Name(peer: Ipv4Peer): Buffer {
  const name = Buffer.alloc(NAME_BYTES)
  writeName(name, 0, peer)
  return name
}

function writeName(names: Buffer, at: number, peer: Ipv4Peer): void {
  names.writeUInt16LE(AF_INET, at)
  names.writeUInt16BE(peer % 65_536, at + PORT_AT)
  names.writeUInt32BE(Math.floor(peer / 65_536), at + ADDRESS_AT)
}

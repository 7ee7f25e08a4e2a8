import { type DatagramEnd, fromIpv4Peer, type Ipv4Peer, type PortUsers, senderUid } from '@cordon/shared/runtime/edge'

/** Asking the kernel takes 20 µs. A port that one program lets go of is hardly another user's within this. */
const SAME_SENDER_MS = 10
/** Programs that ask at the same time. With more, the kernel is asked more often. Arbitrary. */
const SENDERS_MOST = 64

/** The senders of datagrams that were found to be programs of our users a moment ago. */
export class KnownSenders {
  readonly #own: DatagramEnd
  readonly #users: PortUsers
  readonly #until = new Map<Ipv4Peer, number>()

  constructor(own: DatagramEnd, users: PortUsers) {
    this.#own = own
    this.#users = users
  }

  /** Report whether a datagram from `peer` is from one of our users' programs; a sender that cannot be known is not. */
  has(peer: Ipv4Peer, now: number): boolean {
    const until = this.#until.get(peer)
    if (until !== undefined && now < until) return true
    this.#until.delete(peer)
    if (!this.#users(senderUid(fromIpv4Peer(peer), this.#own))) return false
    if (this.#until.size >= SENDERS_MOST) this.#until.clear()
    this.#until.set(peer, now + SAME_SENDER_MS)
    return true
  }
}

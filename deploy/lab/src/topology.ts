/**
 * Topology: who stands where on the lab's `lo`.
 *
 * Every address is out of 198.18.0.0/15, the benchmark range that nobody routes (RFC 2544, RFC 6890), so that even a
 * mistake goes nowhere. 127.0.0.0/8 would not do: tor ignores OutboundBindAddress towards loopback, and a site could
 * not tell one exit from another.
 */

/** One tor process of the lab, named so that nobody takes it for a relay of the public network. */
export interface Member {
  /** At most 19 letters and digits (dir-spec 2.1.1). */
  readonly nickname: string
  readonly address: string
}

/** The port on which every relay takes TLS links. Arbitrary, the same everywhere. */
export const OR_PORT = 5000

/** The port on which every authority answers directory requests. Arbitrary, the same everywhere. */
export const DIR_PORT = 7000

/** The lab's only name server. Exits ask it on port 53, over UDP and TCP. */
export const NAME_SERVER = '198.18.0.53'

/** The directory authorities: three, so that a consensus needs two of them and one may be slow. */
export const AUTHORITIES: readonly Member[] = [
  { nickname: 'labauthority1', address: '198.18.1.1' },
  { nickname: 'labauthority2', address: '198.18.1.2' },
  { nickname: 'labauthority3', address: '198.18.1.3' },
]

/** The exits. Each leaves from its own address, which is what a site sees. */
export const EXITS: readonly Member[] = [
  { nickname: 'labexit1', address: '198.18.2.1' },
  { nickname: 'labexit2', address: '198.18.2.2' },
  { nickname: 'labexit3', address: '198.18.2.3' },
  { nickname: 'labexit4', address: '198.18.2.4' },
]

/** The client that carries the onion service. A site sees this address when it is reached as an onion service. */
export const ONION_HOST: Member = { nickname: 'labonion', address: '198.18.3.1' }

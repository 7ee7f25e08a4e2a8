import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls'
import { chooseVerificationTime } from '../exchange/index.ts'
import { verifyChain } from './verify-chain.ts'

/** Whom to believe, and what is known of the time. */
export interface PeerTrust {
  readonly host: string
  /** PEM, besides the authorities that Node carries. */
  readonly authorities: readonly string[]
  /** The latest of what is known: this clock, the floor, the build date. In milliseconds since 1970. */
  readonly knownMs: number
  /** How long a chain may be verified; {@link VERIFY_MS} where nothing is said. */
  readonly verifyMs?: number
}

/** More is no chain of any authority. The root need not be among them. */
const MAX_CHAIN = 6
const VERIFY_MS = 5000

/**
 * Judge the peer of a TLS connection whose certificate may be of a time that this clock has not reached. Rejects with an
 * Error with a `code` to refuse.
 *
 * TLS's own verdict stands, unless it is that a certificate is not valid yet: it says so before it has judged the rest,
 * and says the same of a forged one. Then the whole chain is verified at a time at which it is valid.
 */
export async function judgePeer(socket: TLSSocket, trust: PeerTrust): Promise<void> {
  const { host, authorities, knownMs, verifyMs = VERIFY_MS } = trust
  const leaf = socket.getPeerCertificate(true)
  if (socket.authorized) {
    // The floor knows of times that this clock has forgotten.
    if (Date.parse(leaf.valid_to) < knownMs) throw refusal('CERT_HAS_EXPIRED')
    return
  }
  const verdict = String(socket.authorizationError)
  if (verdict !== 'CERT_NOT_YET_VALID') throw refusal(verdict)
  const mismatch = checkServerIdentity(host, leaf)
  if (mismatch !== undefined) throw mismatch
  const chain = listChain(leaf).map(raw => new X509Certificate(raw))
  const dates = chain.map(({ validFromDate, validToDate }) => ({
    notBeforeMs: validFromDate.getTime(),
    notAfterMs: validToDate.getTime(),
  }))
  const atMs = chooseVerificationTime(dates, knownMs)
  if (atMs === undefined) throw refusal('CERT_HAS_EXPIRED')
  const [own, ...others] = chain.map(String)
  const signal = AbortSignal.timeout(verifyMs)
  await verifyChain({ leaf: own ?? '', intermediates: others, authorities, atMs, signal })
}

/** Follow the issuers that the peer sent; Node ends the list with one that is its own issuer. */
function listChain(leaf: DetailedPeerCertificate): readonly Buffer[] {
  const chain: Buffer[] = []
  let certificate: DetailedPeerCertificate | undefined = leaf
  while (certificate?.raw !== undefined && !chain.some(raw => raw.equals(certificate?.raw ?? raw))) {
    chain.push(certificate.raw)
    if (chain.length > MAX_CHAIN) throw refusal('CERT_CHAIN_TOO_LONG')
    certificate = certificate.issuerCertificate
  }
  return chain
}

const refusal = (code: string): Error => Object.assign(new Error('the certificate is refused'), { code })

import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { rootCertificates } from 'node:tls'

/** What is verified. */
export interface ChainQuestion {
  /** The peer's own certificate, PEM. */
  readonly leaf: string
  /** What the peer sent besides, PEM, unverified. */
  readonly intermediates: readonly string[]
  /** Whom to believe besides the authorities that Node carries. */
  readonly authorities: readonly string[]
  readonly atMs: number
  readonly signal: AbortSignal
}

/**
 * Verify a certificate chain for a TLS server at any time, or throw an Error with a `code`.
 *
 * Node can verify for now alone. OpenSSL's own program does for any moment, with all the checks of the library that it
 * and Node share: signatures, purposes, path lengths, name constraints. It is told nothing but certificates, by pipes;
 * the name is for the caller to compare, so that none stands in the list of processes. Without the program, nothing is
 * believed.
 */
export async function verifyChain({ leaf, intermediates, authorities, atMs, signal }: ChainQuestion): Promise<void> {
  const seconds = String(Math.floor(atMs / 1000))
  const options = ['-no-CApath', '-no-CAstore', '-purpose', 'sslserver', '-auth_level', '1', '-attime', seconds]
  const files = ['-CAfile', '/dev/fd/3', '-untrusted', '/dev/fd/4']
  const program = spawn('openssl', ['verify', ...options, ...files], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
    signal,
  })
  const ended = new Promise<number | null>((resolve, reject) => program.once('error', reject).once('close', resolve))
  const inputs = [leaf, [...rootCertificates, ...authorities].join('\n'), intermediates.join('\n')]
  for (const [at, content] of inputs.entries()) {
    const pipe = program.stdio[at === 0 ? 0 : at + 2] as Writable
    pipe.on('error', () => {}) // it has read what it wanted; its exit status tells
    pipe.end(`${content}\n`)
  }
  const [status, errors] = await Promise.all([ended, text(program.stderr as NodeJS.ReadableStream as never)])
  if (status === 0) return
  const reason = /error (\d{1,3}) at \d+ depth lookup/.exec(errors)?.[1]
  throw Object.assign(new Error(`openssl: ${errors.slice(0, 500)}`), { code: `X509_V_ERR ${reason ?? 'unknown'}` })
}

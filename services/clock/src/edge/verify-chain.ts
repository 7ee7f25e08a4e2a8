import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { promisify } from 'node:util'

const run = promisify(execFile)

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
 * and Node share: signatures, purposes, path lengths, name constraints. It is told nothing but certificates; the name is
 * for the caller to compare, so that none stands in the list of processes. Without the program, nothing is believed.
 */
export async function verifyChain({ leaf, intermediates, authorities, atMs, signal }: ChainQuestion): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-chain-'))
  try {
    const write = async (name: string, certificates: readonly string[]): Promise<string> => {
      const path = join(directory, name)
      await writeFile(path, `${certificates.join('\n')}\n`, { mode: 0o600, flag: 'wx' })
      return path
    }
    const roots = await write('roots', [...rootCertificates, ...authorities])
    const untrusted = intermediates.length === 0 ? [] : ['-untrusted', await write('intermediates', intermediates)]
    const chain = ['-CAfile', roots, ...untrusted, await write('leaf', [leaf])]
    const seconds = String(Math.floor(atMs / 1000))
    const options = ['-no-CApath', '-no-CAstore', '-purpose', 'sslserver', '-auth_level', '1', '-attime', seconds]
    await run('openssl', ['verify', ...options, ...chain], { env: { PATH: process.env['PATH'], LC_ALL: 'C' }, signal })
  } catch (cause) {
    const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : ''
    const reason = /error (\d{1,3}) at \d+ depth lookup/.exec(said)?.[1]
    throw Object.assign(new Error('the chain is refused', { cause }), { code: `X509_V_ERR ${reason ?? 'unknown'}` })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

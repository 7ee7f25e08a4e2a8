import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate that is its own authority, PEM. */
export interface CertificateUnderTest {
  readonly key: string
  readonly cert: string
  /** Where `cert` lies. */
  readonly path: string
}

/** Make a certificate for `name`, by the program that everybody has. It goes with the test. */
export function makeCertificate(t: { teardown(end: () => void): void }, name: string): CertificateUnderTest {
  const directory = mkdtempSync(join(tmpdir(), 'cordon-tls-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const [key, path] = [join(directory, 'key'), join(directory, 'cert.pem')]
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...newKey, '-out', path, ...names], { stdio: 'ignore' })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(path, 'utf8'), path }
}

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key and its certificate, PEM. */
export interface Certificate {
  readonly name: string
  readonly key: string
  readonly cert: string
}

export interface CertificateWishes {
  readonly name: string
  /** Whom it is signed by; itself where nobody is named. */
  readonly issuer?: Certificate
  readonly fromMs: number
  readonly untilMs: number
  readonly extensions: readonly string[]
}

/** Makes certificates of any dates, which neither Node nor `openssl req` can: by `openssl ca`. They go with the test. */
export class CertificateMaker {
  readonly #directory: string
  #serial = 0

  constructor(t: { teardown(end: () => void): void }) {
    this.#directory = mkdtempSync(join(tmpdir(), 'cordon-ca-'))
    t.teardown(() => rmSync(this.#directory, { recursive: true }))
  }

  make({ name, issuer, fromMs, untilMs, extensions }: CertificateWishes): Certificate {
    const at = (file: string): string => join(this.#directory, `${this.#serial}-${file}`)
    this.#serial += 1
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('key')]
    run('req', '-new', ...key, '-out', at('csr'), '-subj', `/CN=${name}`)
    writeFileSync(at('index'), '')
    writeFileSync(at('serial'), `${(0x1000 + this.#serial).toString(16)}\n`)
    writeFileSync(
      at('cnf'),
      [
        '[ca]',
        'default_ca = all',
        '[all]',
        `database = ${at('index')}`,
        `serial = ${at('serial')}`,
        `new_certs_dir = ${this.#directory}`,
        'default_md = sha256',
        'policy = any',
        'x509_extensions = wanted',
        'unique_subject = no',
        '[any]',
        'commonName = supplied',
        '[wanted]',
        ...extensions,
      ].join('\n'),
    )
    if (issuer !== undefined) {
      writeFileSync(at('issuer'), issuer.cert)
      writeFileSync(at('issuer-key'), issuer.key)
    }
    const signer =
      issuer === undefined
        ? ['-selfsign', '-keyfile', at('key')]
        : ['-cert', at('issuer'), '-keyfile', at('issuer-key')]
    const dates = ['-startdate', asn1Time(fromMs), '-enddate', asn1Time(untilMs)]
    run('ca', '-batch', '-notext', '-config', at('cnf'), ...signer, ...dates, '-in', at('csr'), '-out', at('cert'))
    return { name, key: readFileSync(at('key'), 'utf8'), cert: readFileSync(at('cert'), 'utf8') }
  }
}

const run = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })

/** YYYYMMDDHHMMSSZ. */
const asn1Time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replaceAll(/\D/g, '')}Z`

import 'reflect-metadata' // @peculiar/x509 expects it to be there first
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import { writeFileAtomically } from '@cordon/shared/runtime/edge'
import * as x509 from '@peculiar/x509'
import { encodeNameConstraints } from '../name-constraints.ts'
import { readIfThere } from './read-if-there.ts'

/** The lab's certificate authority: who vouches for its HTTPS sites. */
export interface CertificateAuthority {
  readonly certificate: x509.X509Certificate
  readonly keys: webcrypto.CryptoKeyPair
}

/** A server certificate with its chain, and its key, both PEM. */
export interface ServerCertificate {
  readonly cert: string
  readonly key: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY_MS = 24 * 3600 * 1000
/** As long as the kept keys of the lab are likely to be kept. */
const AUTHORITY_DAYS = 3650
/** Made anew at each start; browsers refuse more than 398 days of a server. */
const SERVER_DAYS = 90
/** Clocks that are behind by less than this still see a valid certificate. */
const BACKDATED_DAYS = 2

x509.cryptoProvider.set(webcrypto)

/** Read the authority in `directory`, or make one when there is none or it will not outlive a server certificate. */
export async function ensureAuthority(
  paths: { readonly certificate: string; readonly key: string },
  nowMs: number,
): Promise<CertificateAuthority> {
  const [certificatePem, keyPem] = await Promise.all([readIfThere(paths.certificate), readIfThere(paths.key)])
  if (certificatePem !== undefined && keyPem !== undefined) {
    const certificate = new x509.X509Certificate(certificatePem)
    if (certificate.notAfter.getTime() > nowMs + SERVER_DAYS * DAY_MS && certificate.notBefore.getTime() < nowMs)
      return { certificate, keys: await importKeys(keyPem, certificate) }
  }
  const authority = await issueAuthority(nowMs)
  await writeFileAtomically(paths.key, await exportKey(authority.keys.privateKey))
  await writeFileAtomically(paths.certificate, authority.certificate.toString('pem'))
  return authority
}

/** Make an authority that can vouch for nothing outside the lab, even where somebody trusts it. */
export async function issueAuthority(nowMs: number): Promise<CertificateAuthority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(nowMs, AUTHORITY_DAYS),
    serialNumber: randomSerial(),
    name: 'CN=Cordon lab authority,O=Cordon lab (not the Internet)',
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      // RFC 5280 section 4.2.1.10
      new x509.Extension('2.5.29.30', true, encodeNameConstraints(['example', 'onion'])),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate, keys }
}

/** Make a server certificate for `names`. Every name is listed: OpenSSL takes no wildcard right below a top level. */
export async function issueServer(
  authority: CertificateAuthority,
  names: readonly string[],
  nowMs: number,
): Promise<ServerCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(nowMs, SERVER_DAYS),
    serialNumber: randomSerial(),
    subject: 'CN=Cordon lab sites,O=Cordon lab (not the Internet)',
    issuer: authority.certificate.subject,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map(value => ({ type: 'dns', value }))),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
    ],
  })
  return {
    cert: `${certificate.toString('pem')}\n${authority.certificate.toString('pem')}\n`,
    key: await exportKey(keys.privateKey),
  }
}

const validity = (nowMs: number, days: number): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(nowMs - BACKDATED_DAYS * DAY_MS),
  notAfter: new Date(nowMs + days * DAY_MS),
})

// RFC 5280 section 4.1.2.2: positive, at most 20 octets. 01 in front keeps it positive and of constant length.
const randomSerial = (): string => `01${randomBytes(15).toString('hex')}`

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString()
}

async function importKeys(pem: string, certificate: x509.X509Certificate): Promise<webcrypto.CryptoKeyPair> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' })
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']),
    publicKey: await certificate.publicKey.export(ALGORITHM, ['verify'], webcrypto),
  }
}

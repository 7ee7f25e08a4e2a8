import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { internal } from '@cordon/shared/errors'
import { type KeyCertificate, parseKeyCertificate, relayFingerprint } from '../fingerprint.ts'
import type { Programs } from '../programs.ts'
import { DIR_PORT, type Member } from '../topology.ts'
import { type AuthorityIdentity, keyTorrc, type MemberPaths } from '../torrc.ts'
import { readIfThere } from './read-if-there.ts'
import { runProgram } from './run-program.ts'

/** tor-gencert counts in months; the lab makes a new certificate well before. */
const CERTIFICATE_MONTHS = 12
const RENEW_BEFORE_MS = 60 * 24 * 3600 * 1000

// tor-gencert insists on a passphrase. It guards nothing: the identity of a private network, in a directory of 0700.
const PASSPHRASE = 'cordon-lab'

/** Make a relay's keys unless they are there, and return its fingerprint. tor makes its own keys. */
export async function ensureRelayKeys({ tor }: Programs, member: Member, paths: MemberPaths): Promise<string> {
  const path = join(paths.keyDirectory, 'secret_id_key')
  const kept = await readIfThere(path)
  if (kept !== undefined) return relayFingerprint(kept)
  const torrc = join(paths.dataDirectory, 'torrc')
  await writeFile(torrc, keyTorrc(member, paths))
  await runProgram(tor, ['-f', torrc, '--defaults-torrc', paths.empty, '--list-fingerprint', '--quiet'])
  return relayFingerprint(await readFile(path, 'utf8'))
}

/** Make an authority's keys and certificate unless good ones are there, and return its identity. */
export async function ensureAuthorityKeys(
  programs: Programs,
  member: Member,
  paths: MemberPaths,
  nowMs: number,
): Promise<AuthorityIdentity> {
  const [fingerprint, { v3Identity }] = await Promise.all([
    ensureRelayKeys(programs, member, paths),
    ensureCertificate(programs, member, paths.keyDirectory, nowMs),
  ])
  return { ...member, fingerprint, v3Identity }
}

/**
 * Keep the certificate while it is valid for long enough, certify a new signing key when it is not, and start over when
 * a file is missing: tor-gencert was interrupted.
 */
async function ensureCertificate(
  programs: Programs,
  member: Member,
  keyDirectory: string,
  nowMs: number,
): Promise<KeyCertificate> {
  const files = {
    identity: join(keyDirectory, 'authority_identity_key'),
    signing: join(keyDirectory, 'authority_signing_key'),
    certificate: join(keyDirectory, 'authority_certificate'),
  }
  const kept = await Promise.all(Object.values(files).map(readIfThere))
  const certificate = parseKeyCertificate(kept[2] ?? '')
  const whole = certificate !== undefined && kept.every(file => file !== undefined)
  if (whole && certificate.expiresMs - nowMs > RENEW_BEFORE_MS) return certificate
  if (!whole) await rm(files.identity, { force: true })
  await Promise.all([rm(files.signing, { force: true }), rm(files.certificate, { force: true })])
  await certify(programs, member, files, !whole)
  const made = parseKeyCertificate(await readFile(files.certificate, 'utf8'))
  if (made === undefined) throw internal('tor-gencert wrote a certificate that cannot be read')
  return made
}

async function certify(
  programs: Programs,
  { address }: Member,
  { identity, signing, certificate }: { identity: string; signing: string; certificate: string },
  newIdentity: boolean,
): Promise<void> {
  const args = ['-i', identity, '-s', signing, '-c', certificate, '-m', `${CERTIFICATE_MONTHS}`]
  args.push('-a', `${address}:${DIR_PORT}`, '--passphrase-fd', '0')
  if (newIdentity) args.push('--create-identity-key')
  await runProgram(programs['tor-gencert'], args, `${PASSPHRASE}\n`)
}

/** Lay out the directories of one member. */
export const memberPaths = (keys: string, volatile: string, nickname: string): MemberPaths => ({
  dataDirectory: join(volatile, nickname),
  keyDirectory: join(keys, nickname),
  empty: join(volatile, 'empty'),
})

/** Make them. */
export async function openMemberPaths({ dataDirectory, keyDirectory, empty }: MemberPaths): Promise<void> {
  for (const directory of [dataDirectory, keyDirectory]) await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeFile(empty, '')
}

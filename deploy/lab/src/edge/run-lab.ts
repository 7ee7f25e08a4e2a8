import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabRelay, LabStep } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { DNS_ZONES } from '../dns-zones.ts'
import type { InsideMessage } from '../inside-message.ts'
import { type Programs, searchPath } from '../programs.ts'
import { ONION_SITE, SITES } from '../sites/index.ts'
import { timePoolsOf } from '../time-pools.ts'
import { AUTHORITIES, EXITS, type Member, NAME_SERVER, ONION_HOST } from '../topology.ts'
import { CLIENT_LINES, formatDirAuthority, type MemberPaths } from '../torrc.ts'
import { hostZone, reverseZone } from '../zones.ts'
import { type CertificateAuthority, ensureAuthority, issueServer } from './certificates.ts'
import { findPrograms } from './find-programs.ts'
import { layNetwork, mountVolatile } from './lay-network.ts'
import { openNameServer } from './name-server.ts'
import { ensureOnionKey } from './onion-secret.ts'
import { openSites } from './site-server.ts'
import { ensureAuthorityKeys, ensureRelayKeys, memberPaths, openMemberPaths } from './tor-keys.ts'
import { openTorNetwork } from './tor-network.ts'

const MEMBERS: readonly Member[] = [...AUTHORITIES, ...EXITS, ONION_HOST]

/** Make the lab in `directory`, tell `say` how it goes, and return only by throwing the Fault that ends it. */
export async function runLab(directory: string, here: boolean, say: (message: InsideMessage) => void): Promise<never> {
  const { PATH } = process.env
  const programs = findPrograms(searchPath(PATH))
  const keys = join(directory, 'keys')
  const logs = join(directory, 'log')
  const volatile = join(directory, 'volatile')
  if (here) await rm(volatile, { recursive: true, force: true })
  for (const each of [keys, logs, volatile]) await mkdir(each, { recursive: true, mode: 0o700 })
  const addresses = [...MEMBERS, ...SITES].map(({ address }) => address)
  await layNetwork(programs, [...addresses, NAME_SERVER])
  // Where nobody made a mount namespace, the directory itself is what ends with the container.
  if (!here) await mountVolatile(programs, volatile)
  say({ type: 'entered' })

  const progress = (step: LabStep, message: string, percent: number): void =>
    say({ type: 'progress', step, message, percent })
  progress('keys', 'making or reading keys', 5)
  const pathsOf = ({ nickname }: Member): MemberPaths => memberPaths(keys, volatile, nickname)
  for (const member of MEMBERS) await openMemberPaths(pathsOf(member))
  const certificate = join(keys, 'authority.pem')
  const identities = Promise.all([
    Promise.all(AUTHORITIES.map(member => ensureAuthorityKeys(programs, member, pathsOf(member), Date.now()))),
    Promise.all(EXITS.map(member => identify(programs, member, pathsOf(member)))),
    ensureOnionKey(join(keys, 'onion.pem')),
    ensureAuthority({ certificate, key: join(keys, 'authority-key.pem') }, Date.now()),
  ])
  const [authorities, exits, onionKey, authority] = await identities.catch(cause => {
    throw spoiled(keys, cause)
  })

  progress('sites', 'opening the name server and the sites', 15)
  await openInternet(authority, onionKey.address)
  const resolvConf = join(volatile, 'resolv.conf')
  await writeFile(resolvConf, `nameserver ${NAME_SERVER}\n`)

  const tors = await openTorNetwork({
    programs,
    authorities,
    exits,
    pathsOf,
    logOf: ({ nickname }) => join(logs, `${nickname}.log`),
    resolvConf,
    onionKey,
    onionTarget: ONION_SITE.address,
    progress,
  })
  say({
    type: 'ready',
    description: {
      dirAuthorities: authorities.map(formatDirAuthority),
      clientTorrc: [...CLIENT_LINES],
      onion: onionKey.address,
      authority: certificate,
      timePools: timePoolsOf(onionKey.address),
      exits,
      relays: [
        ...authorities.map(({ nickname, address, fingerprint }) => ({ nickname, address, fingerprint })),
        ...exits,
      ],
    },
  })
  throw await Promise.race(tors.map(({ ended }) => ended))
}

const identify = async (programs: Programs, member: Member, paths: MemberPaths): Promise<LabRelay> => ({
  ...member,
  fingerprint: await ensureRelayKeys(programs, member, paths),
})

/** Open the name server and the sites. */
async function openInternet(authority: CertificateAuthority, onion: string): Promise<void> {
  const server = await issueServer(authority, [...SITES.map(({ name }) => name), onion], Date.now())
  const members = MEMBERS.map(({ nickname, address }) => ({ name: `${nickname}.relays.example`, address }))
  const hosts = [...SITES, ...members]
  await Promise.all([
    openNameServer(NAME_SERVER, [hostZone('example', hosts), reverseZone(hosts), ...DNS_ZONES]),
    openSites(SITES, server),
  ])
}

const spoiled = (keys: string, cause: unknown): Fault =>
  new Fault('LAB_DIRECTORY_UNUSABLE', `the keys in ${keys} can be neither read nor made`, {
    where: 'host',
    retry: 'never',
    next: `Remove ${keys}; new keys make a new network.`,
    cause,
  })

/**
 * Inside: the program that runs as process 1 of the lab's namespaces and makes a network and an internet there.
 *
 * It speaks JSON lines on standard output, first `entered`. It lives as long as its standard input is open; its end is
 * the end of every process of the lab, because the kernel ends a process namespace with its process 1.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabRelay, LabStep } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import type { InsideMessage } from '../inside-message.ts'
import { type Programs, searchPath } from '../programs.ts'
import { ONION_SITE, SITES } from '../sites/index.ts'
import { AUTHORITIES, EXITS, type Member, NAME_SERVER, ONION_HOST } from '../topology.ts'
import { CLIENT_LINES, formatDirAuthority, type MemberPaths } from '../torrc.ts'
import { hostZone, reverseZone } from '../zones.ts'
import { ensureAuthority, issueServer } from './certificates.ts'
import { findPrograms } from './find-programs.ts'
import { layNetwork } from './lay-network.ts'
import { openNameServer } from './name-server.ts'
import { ensureOnionKey } from './onion-secret.ts'
import { openSites } from './site-server.ts'
import { ensureAuthorityKeys, ensureRelayKeys, openMemberPaths } from './tor-keys.ts'
import { openTorNetwork } from './tor-network.ts'

const MEMBERS: readonly Member[] = [...AUTHORITIES, ...EXITS, ONION_HOST]

const say = (message: InsideMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
const progress = (step: LabStep, message: string, percent: number): void =>
  say({ type: 'progress', step, message, percent })

async function runLab(directory: string): Promise<void> {
  const { PATH } = process.env
  const programs = findPrograms(searchPath(PATH))
  const [keys, logs, volatile] = ['keys', 'log', 'volatile'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ]
  for (const each of [keys, logs, volatile]) await mkdir(each, { recursive: true, mode: 0o700 })
  const addresses = [...MEMBERS, ...SITES].map(({ address }) => address)
  await layNetwork(programs, [...addresses, NAME_SERVER], volatile)
  say({ type: 'entered' })

  progress('keys', 'making or reading keys', 5)
  const paths = new Map<Member, MemberPaths>()
  for (const member of MEMBERS) paths.set(member, await openMemberPaths(keys, volatile, member.nickname))
  const pathsOf = (member: Member): MemberPaths => paths.get(member) as MemberPaths
  const [authorities, exits, onionKey] = await Promise.all([
    Promise.all(AUTHORITIES.map(member => ensureAuthorityKeys(programs, member, pathsOf(member), Date.now()))),
    Promise.all(EXITS.map(member => identify(programs, member, pathsOf(member)))),
    ensureOnionKey(join(keys, 'onion.pem')),
  ])

  progress('sites', 'opening the name server and the sites', 15)
  const authority = await openInternet(keys, onionKey.address)
  const resolvConf = join(volatile, 'resolv.conf')
  await writeFile(resolvConf, `nameserver ${NAME_SERVER}\n`)

  const tors = await openTorNetwork({
    programs,
    authorities,
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
      authority,
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

/** Open the name server and the sites, and return the path of the certificate that vouches for them. */
async function openInternet(keys: string, onion: string): Promise<string> {
  const certificate = join(keys, 'authority.pem')
  const authority = await ensureAuthority({ certificate, key: join(keys, 'authority-key.pem') }, Date.now())
  const server = await issueServer(authority, [...SITES.map(({ name }) => name), onion], Date.now())
  const members = MEMBERS.map(({ nickname, address }) => ({ name: `${nickname}.relays.example`, address }))
  const hosts = [...SITES, ...members]
  await Promise.all([
    openNameServer(NAME_SERVER, [hostZone('example', hosts), reverseZone(hosts)]),
    openSites(SITES, server),
  ])
  return certificate
}

process.stdin.on('close', () => process.exit(0)).on('error', () => process.exit(0))
process.stdin.resume()
// Nobody reads any more: the owner is gone, or about to close our standard input.
process.stdout.on('error', () => process.exit(0))

try {
  await runLab(process.argv[2] ?? '')
} catch (thrown) {
  process.stderr.write(`${explain(thrown)}\n`)
  const fault = thrown instanceof Fault ? thrown : undefined
  say({
    type: 'failed',
    code: fault?.code ?? 'LAB_FAILED',
    message: explain(thrown),
    next: fault?.next ?? 'Read the logs in the directory of the lab; if they say nothing, report a bug.',
  })
  process.exitCode = 1
  process.stdout.end(() => process.exit())
}

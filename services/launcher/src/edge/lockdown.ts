import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import { writeFileAtomically } from '@cordon/shared/runtime/edge/atomic-file'
import { findTools } from '../confine/tools.ts'
import {
  formatLockdown,
  formatRelayChange,
  formatState,
  formatUnit,
  LOCKDOWN_FILES,
  LOCKDOWN_TABLE,
  type LockdownRequest,
  type LockdownState,
  type Relay,
  readLockdown,
  readRelays,
} from '../lockdown/index.ts'
import { locateTool } from './host.ts'

/** The whole network has one list of some megabytes. Arbitrary. */
const CONSENSUS_MAX_BYTES = 33_554_432

const DAMAGED = 5

/** Do what `cordon lockdown` was asked for. Files go below `root`, which is `/` but for images and tests. */
export async function lockdown(request: LockdownRequest, root = '/'): Promise<number> {
  const nft = findTools(locateTool, ['nft']).nft
  if (request.verb === 'status') return showStatus(nft, request)
  requireRoot()
  if (request.verb === 'on') await turnOn(nft, request, root)
  else if (request.verb === 'off') turnOff(nft, root)
  else load(nft, formatRelayChange(collectRelays(request)))
  return showStatus(nft, request)
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new Fault('LOCK_NOT_ROOT', 'lockdown changes the rules of the whole machine, which only root may', {
    where: 'host',
    retry: 'never',
    next: 'Run it with sudo.',
  })
}

/** Load first, then keep: rules that the kernel refuses must not wait for the next start of the machine. */
async function turnOn(nft: string, request: LockdownRequest, root: string): Promise<void> {
  const { allowLan, owned: ownedPorts } = request
  const relays = request.relaysOnly ? collectRelays(request) : undefined
  const rules = formatLockdown({ torUid: findUser(request.torUser), relays, allowLan, ownedPorts })
  load(nft, rules)
  const { state, trouble } = readState(nft)
  if (state !== 'on') throw refused(trouble ?? 'the rules are not there after loading them')
  await keep(LOCKDOWN_FILES.rules, rules, root)
  await keep(LOCKDOWN_FILES.unit, formatUnit(nft), root)
  const wanted = join(root, LOCKDOWN_FILES.wanted)
  mkdirSync(dirname(wanted), { recursive: true })
  rmSync(wanted, { force: true })
  symlinkSync(LOCKDOWN_FILES.unit, wanted)
}

async function keep(path: string, content: string, root: string): Promise<void> {
  const place = join(root, path)
  mkdirSync(dirname(place), { recursive: true })
  await writeFileAtomically(place, content)
}

/** Forget first, then open: a machine that is said to be open must not be locked by its next start. */
function turnOff(nft: string, root: string): void {
  for (const path of Object.values(LOCKDOWN_FILES)) rmSync(join(root, path), { force: true })
  // Adding a table that is there changes nothing, and then there is one to delete.
  load(nft, `add table inet ${LOCKDOWN_TABLE}\ndelete table inet ${LOCKDOWN_TABLE}\n`)
}

/** Rules that name a user who is not there would not be loaded at all, and the machine would stay open. */
function findUser(name: string): number {
  const passwd = readFileSync('/etc/passwd', 'utf8').split('\n')
  const uid = /^[0-9]+$/.test(name) ? name : passwd.find(line => line.startsWith(`${name}:`))?.split(':')[2]
  if (uid !== undefined) return Number(uid)
  throw new Fault('LOCK_USER_MISSING', `there is no user ${JSON.stringify(name)} for tor to run as`, {
    where: 'host',
    retry: 'never',
    next: 'Install the package tor, or name the user with --tor-user.',
  })
}

function collectRelays({ consensus, bridges }: LockdownRequest): readonly Relay[] {
  const relays = [...readRelays(readConsensus(consensus)), ...bridges]
  if (relays.length > 0) return relays
  throw new Fault('LOCK_NO_RELAYS', 'no relay is known yet, so tor could reach none', {
    where: 'host',
    retry: 'after-waiting',
    next: 'Let tor bootstrap once, name its file with --consensus, or a bridge with --bridge.',
  })
}

function readConsensus(path: string): string {
  try {
    const bytes = readFileSync(path)
    return bytes.length > CONSENSUS_MAX_BYTES ? '' : bytes.toString('latin1')
  } catch {
    return '' // told as "no relay is known": tor has not bootstrapped, or keeps it elsewhere
  }
}

function load(nft: string, rules: string): void {
  const { status, stderr } = spawnSync(nft, ['-f', '-'], { input: rules, encoding: 'utf8' })
  if (status !== 0) throw refused(stderr.trim().split('\n')[0] ?? '')
}

const refused = (why: string): Fault =>
  new Fault('LOCK_REFUSED', `the kernel does not take the rules of lockdown (${why})`, {
    where: 'host',
    retry: 'never',
    next: 'Run: sudo modprobe -a nf_tables nft_reject_inet nft_ct; nothing was changed.',
  })

function readState(nft: string): LockdownState {
  const listed = spawnSync(nft, ['-j', 'list', 'table', 'inet', LOCKDOWN_TABLE], { encoding: 'utf8' })
  if (listed.status === 0) return readLockdown(JSON.parse(listed.stdout))
  if (/No such file|does not exist/.test(listed.stderr)) return readLockdown(undefined)
  throw new Fault('LOCK_NOT_ROOT', 'the rules of this machine cannot be read', {
    where: 'host',
    retry: 'never',
    next: 'Run it with sudo.',
  })
}

function showStatus(nft: string, { json }: LockdownRequest): number {
  const state = readState(nft)
  process.stdout.write(json ? `${JSON.stringify(state)}\n` : formatState(state, nameUser))
  return state.state === 'damaged' ? DAMAGED : 0
}

function nameUser(uid: number): string {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find(one => one.split(':')[2] === `${uid}`)
  return line?.split(':')[0] ?? `user ${uid}`
}

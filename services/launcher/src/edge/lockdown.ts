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
  formatWishes,
  LOCKDOWN_FILES,
  LOCKDOWN_TABLE,
  type LockdownRequest,
  parseWishes,
  type Relay,
  readRelays,
} from '../lockdown/index.ts'
import { cutConnections } from './cut-connections.ts'
import { locateTool, readKernelFile as readIfThere } from './host.ts'
import { lockdownOff } from './lockdown-off.ts'
import { listTable, loadRules, readState, refused, type TableTools } from './lockdown-table.ts'
import { removeLeftover } from './portal-place.ts'
import { say } from './say.ts'
import { findUser, nameUser } from './users.ts'

/** The whole network has one list of some megabytes. Arbitrary. */
const CONSENSUS_MAX_BYTES = 33_554_432

/** Where Debian's tor keeps it. */
const CONSENSUS = '/var/lib/tor/cached-microdesc-consensus'

const DAMAGED = 5

/** Do what `cordon lockdown` was asked for. Files go below `root`, which is `/` but for images and tests. */
export async function lockdown(request: LockdownRequest, root = '/'): Promise<number> {
  const tools = findTools(locateTool, ['nft', 'unshare', 'setpriv'])
  if (request.verb !== 'status') requireRoot()
  // The service that renews relays may write nowhere else.
  if (process.getuid?.() === 0 && request.verb !== 'relays') await removeLeftover(tools, root)
  switch (request.verb) {
    case 'on':
      await turnOn(tools, request, root)
      break
    case 'off':
      turnOff(tools, root)
      break
    case 'relays':
      return await renewRelays(tools, request, root)
    case 'portal': {
      const { openPortal } = await import('./portal.ts')
      return await openPortal(tools, request, root)
    }
    case 'status':
  }
  return showStatus(tools, request, root)
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
async function turnOn(tools: TableTools, request: LockdownRequest, root: string): Promise<void> {
  const torUid = findUser(request.torUser)
  if (torUid === undefined) throw userMissing(request.torUser)
  const relays = request.relaysOnly ? collectRelays(request) : undefined
  loadRules(tools, formatRules(request, torUid, relays))
  await keepRules(request, torUid, relays, root)
  await keepUnit(tools, root)
  const { state, trouble } = readState(tools, root)
  if (state !== 'on') throw refused(trouble ?? 'the rules are not there after loading them')
  const closed = cutConnections(torUid)
  if (closed === undefined) say('connections that are open in the clear end with the next packet that they send')
  else if (closed > 0)
    say(`closed what was open in the clear: ${closed} ${closed === 1 ? 'connection' : 'connections'}`)
}

const formatRules = (
  { allowLan, owned: ownedPorts }: LockdownRequest,
  torUid: number,
  relays: readonly Relay[] | undefined,
): string => formatLockdown({ torUid, relays, allowLan, ownedPorts })

async function keepRules(
  request: LockdownRequest,
  torUid: number,
  relays: readonly Relay[] | undefined,
  root: string,
): Promise<void> {
  await keep(LOCKDOWN_FILES.rules, formatRules(request, torUid, relays), root)
  await keep(LOCKDOWN_FILES.wishes, formatWishes(request, torUid), root)
}

/** Let the next start of the machine load the rules. */
async function keepUnit({ nft }: TableTools, root: string): Promise<void> {
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
function turnOff(tools: TableTools, root: string): void {
  for (const path of Object.values(LOCKDOWN_FILES)) rmSync(join(root, path), { force: true })
  // Adding a table that is there changes nothing, and then there is one to delete.
  loadRules(tools, `add table inet ${LOCKDOWN_TABLE}\ndelete table inet ${LOCKDOWN_TABLE}\n`)
}

/**
 * Take the relays of the newest consensus, and keep them for the next start too. What else was asked for stays. Nothing
 * but rules and files below /etc/cordon is written: a service does this without any other right.
 */
async function renewRelays(tools: TableTools, asked: LockdownRequest, root: string): Promise<number> {
  const kept = parseWishes(readIfThere(join(root, LOCKDOWN_FILES.wishes)) ?? '')
  if (kept === undefined || listTable(tools) === undefined) throw lockdownOff()
  if (!kept.relaysOnly) {
    tellRelays(asked, null, 'tor may reach every address: there is no list to renew without --relays-only')
    return 0
  }
  const bridges = asked.bridges.length > 0 ? asked.bridges : kept.bridges
  const request = { ...kept, bridges, consensus: asked.consensus ?? kept.consensus }
  const relays = collectRelays(request)
  loadRules(tools, formatRelayChange(relays))
  await keepRules(request, Number(kept.torUser), relays, root)
  tellRelays(asked, relays.length, `tor may reach ${relays.length} addresses of relays and bridges`)
  return 0
}

const tellRelays = ({ json }: LockdownRequest, relays: number | null, text: string): boolean =>
  process.stdout.write(json ? `${JSON.stringify({ relays })}\n` : `${text}\n`)

/** Rules that name a user who is not there would not be loaded at all, and the machine would stay open. */
const userMissing = (name: string): Fault =>
  new Fault('LOCK_USER_MISSING', `there is no user ${JSON.stringify(name)} for tor to run as`, {
    where: 'host',
    retry: 'never',
    next: 'Install the package tor, or name the user with --tor-user.',
  })

function collectRelays({ consensus = CONSENSUS, bridges }: LockdownRequest): readonly Relay[] {
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

function showStatus(tools: TableTools, { json }: LockdownRequest, root: string): number {
  const state = readState(tools, root)
  process.stdout.write(json ? `${JSON.stringify(state)}\n` : formatState(state, nameUser))
  return state.state === 'damaged' ? DAMAGED : 0
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { LAN_BY_APP_OPTION } from '../confine/run-request.ts'
import { usage } from '../confine/usage.ts'
import { formatPortalOpening, type LockdownRequest, type PortalWishes } from '../lockdown/index.ts'
import {
  choosePassingUid,
  formatPortalWarning,
  formatRemaining,
  PORTAL_APP,
  PORTAL_BROWSERS,
  PORTAL_ENDS,
  PORTAL_PAGE,
  type PortalEnd,
  RESOLVER_FILES,
  readOutsideServers,
} from '../lockdown/portal.ts'
import { findProfile } from '../profiles/index.ts'
import { isProgram, listProcesses, readKernelFile as readIfThere } from './host.ts'
import { lockdownOff } from './lockdown-off.ts'
import { loadRules, readState, type TableTools } from './lockdown-table.ts'
import { closePortal, openPlace, type PortalPlace } from './portal-place.ts'
import { say } from './say.ts'
import { findAccount, type User } from './users.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))

/** Time for a browser to write what nobody will read, before it is killed. Arbitrary. */
const GRACE_MS = 2000

/** A cookie for each display has some hundred bytes. Arbitrary. */
const AUTHORITY_MAX_BYTES = 65_536

/** The programs that a login needs besides those of the table. */
export interface PortalTools extends TableTools {
  readonly setpriv: string
}

/**
 * Let one browser reach the network without tor for some minutes, to log in at a captive portal.
 *
 * The rules stay in force. One user more, who is nobody else, is let out by TCP and to name servers, in a set whose
 * elements the kernel takes out by itself. As that user runs a relay, and the browser is confined as by `cordon run`,
 * with the relay in place of a gateway. All of it ends with this process: namespaces, relay and browser by the kernel.
 */
export async function openPortal(tools: PortalTools, request: LockdownRequest, root: string): Promise<number> {
  const { portal, json } = request
  if (readState(tools, root).state === 'off') throw lockdownOff()
  const person = findPerson(portal)
  const resolver = portal.resolver ?? findResolver()
  const command = chooseCommand(portal)
  if (!portal.agreed && !(await agrees(portal))) return 1
  const relayUid = choosePassingUid(listUsedUids())
  if (relayUid === undefined) throw cannot('no user number is free', 'Restart this machine.')
  const place = await openPlace(root, person, relayUid)
  const children: ChildProcess[] = []
  try {
    const relay = startAs({ uid: relayUid, gid: relayUid }, tools, ['portal-relay', place.layout.directory, resolver])
    children.push(relay)
    await untilReady(relay)
    handOver(place, person)
    const deadline = performance.now() + portal.minutes * 60_000
    loadRules(tools, formatPortalOpening(relayUid, portal.minutes * 60))
    const browser = startAs(person, tools, formatRun(place, command), displayOf(person, place))
    children.push(browser)
    // What a script reads is our answer alone.
    browser.stdout?.pipe(json ? process.stderr : process.stdout)
    const end = await waitForEnd(browser, deadline)
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
    say(PORTAL_ENDS[end])
    if (json) process.stdout.write(`${JSON.stringify({ portal: 'closed', endedBy: end })}\n`)
    return end === 'program' ? (browser.exitCode ?? 1) : 0
  } finally {
    closePortal(tools)
    await Promise.all(children.map(stop))
    await place.remove()
  }
}

const cannot = (message: string, next: string): Fault =>
  new Fault('LOCK_PORTAL', message, { where: 'host', retry: 'never', next })

/** Root's files are no browser's business. */
function findPerson({ user = process.env['SUDO_UID'] ?? process.env['PKEXEC_UID'] ?? '0' }: PortalWishes): User {
  const person = findAccount(user)
  if (person === undefined) throw cannot(`there is no user ${JSON.stringify(user)}`, 'Name one with --user.')
  if (person.uid !== 0 && person.home !== undefined && existsSync(`${person.home}/.`)) return person
  if (person.uid !== 0) throw cannot('the user has no home to put an empty one over', 'Name another with --user.')
  throw cannot('no browser is run as root', 'Call it with sudo as yourself, or name who uses the browser with --user.')
}

function findResolver(): string {
  const [server] = RESOLVER_FILES.flatMap(path => readOutsideServers(readIfThere(path) ?? ''))
  if (server !== undefined) return server
  throw cannot('the name server of this network is not known', 'Name it with --resolver; often it is the router.')
}

/** A browser by its profile, which is as empty as it can be, or a command as it stands. */
function chooseCommand({ command }: PortalWishes): readonly string[] {
  if (command.length > 0) return ['--', ...command]
  const { PATH = '' } = process.env
  const isThere = (program: string): boolean => PATH.split(':').some(directory => isProgram(`${directory}/${program}`))
  const browser = PORTAL_BROWSERS.find(name => findProfile(name)?.programs.some(isThere))
  if (browser !== undefined) return [`--profile=${browser}`, '--append', '--', PORTAL_PAGE]
  throw cannot('there is no Firefox and no Chromium', 'Name a browser: cordon lockdown portal -- PROGRAM.')
}

async function agrees({ minutes }: PortalWishes): Promise<boolean> {
  process.stderr.write(formatPortalWarning(minutes))
  if (!process.stdin.isTTY) throw usage('nobody is there to agree', 'Add --yes if you do.')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await new Promise<string>(resolve => {
    // Ctrl-C and Ctrl-D are a no.
    lines.once('SIGINT', () => lines.close()).once('close', () => resolve(''))
    lines.question('Open it? [y/N] ', resolve)
  })
  lines.close()
  const isAgreed = /^y(?:es)?$/i.test(answer.trim())
  if (!isAgreed) say('nothing was opened')
  return isAgreed
}

/** Of accounts and of running processes. */
function listUsedUids(): ReadonlySet<number> {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => Number(line.split(':')[2]))
  const running = listProcesses().flatMap(pid => {
    const uids = /^Uid:\s+([0-9\s]+)$/m.exec(readIfThere(`/proc/${pid}/status`) ?? '')?.[1]
    return uids?.split(/\s+/).map(Number) ?? []
  })
  return new Set([...accounts, ...running])
}

/** Start this program as another user, without any right, to be killed by the kernel when we end. */
function startAs(
  { uid, gid }: Pick<User, 'uid' | 'gid'>,
  { setpriv }: PortalTools,
  words: readonly string[],
  env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] },
): ChildProcess {
  const drop = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--inh-caps=-all', '--ambient-caps=-all']
  const args = [...drop, '--no-new-privs', '--pdeathsig', 'KILL', '--', process.execPath, MAIN, ...words]
  return spawn(setpriv, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'inherit'] })
}

async function untilReady(relay: ChildProcess): Promise<void> {
  const isReady = relay.stdout === null ? false : await Promise.race([once(relay.stdout, 'data'), once(relay, 'close')])
  if (isReady === false || relay.exitCode !== null || relay.signalCode !== null) {
    throw cannot('the way out of the portal did not start', 'See what it wrote above.')
  }
}

/** The relay made the sockets; the person may connect to them, and nobody else. */
function handOver({ layout }: PortalPlace, { uid }: User): void {
  const app = PORTAL_APP as AppId
  for (const path of [layout.gatewaySocket, layout.appSocket(app), layout.appDnsSocket(app)]) {
    // Never what a name leads to, though nobody but the relay can put a name there.
    if (!lstatSync(path).isSocket()) throw cannot('the way out of the portal is not as it was made', 'Try again.')
    chownSync(path, uid, 0)
  }
}

const formatRun = ({ layout, stateDirectory }: PortalPlace, command: readonly string[]): readonly string[] => [
  ...['run', `--app=${PORTAL_APP}`, `--state-dir=${stateDirectory}`, `--runtime-dir=${layout.directory}`],
  ...[`--${LAN_BY_APP_OPTION}`, '--private-home', '--no-audio', ...command],
]

/** The person's display, as sudo or the session names it; the home is another one, so what admits to X11 is copied. */
function displayOf({ uid, gid, home }: User, { displayAuthority }: PortalPlace): NodeJS.ProcessEnv {
  const { PATH, TERM, LANG, DISPLAY, XAUTHORITY } = process.env
  const runtime = `/run/user/${uid}`
  const wayland = existsSync(`${runtime}/wayland-0`) ? { WAYLAND_DISPLAY: 'wayland-0' } : {}
  const authority = XAUTHORITY ?? (home === undefined ? undefined : `${home}/.Xauthority`)
  const cookies = DISPLAY === undefined || authority === undefined ? undefined : readOwnedFile(authority, uid)
  if (cookies !== undefined) {
    writeFileSync(displayAuthority, cookies, { mode: 0o600, flag: 'wx' })
    chownSync(displayAuthority, uid, gid)
  }
  return {
    ...{ PATH, TERM, LANG, HOME: home ?? '/', XDG_RUNTIME_DIR: runtime, ...wayland },
    ...(DISPLAY === undefined ? {} : { DISPLAY }),
    ...(cookies !== undefined ? { XAUTHORITY: displayAuthority } : {}),
  }
}

/** Read a file of the person's own. We are root here, and where the name leads is for the person to choose. */
function readOwnedFile(path: string, uid: number): Buffer | undefined {
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const found = fstatSync(descriptor)
      return found.isFile() && found.uid === uid && found.size <= AUTHORITY_MAX_BYTES
        ? readFileSync(descriptor)
        : undefined
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return undefined // there is none: the display admits everybody of this machine, or nobody
  }
}

/** Wait for the first of: the browser is closed, the time is over, somebody stops us. */
async function waitForEnd(browser: ChildProcess, deadline: number): Promise<PortalEnd> {
  return await new Promise(resolve => {
    let ticks = 0
    const show = (): void => {
      const left = formatRemaining(Math.max(0, Math.round((deadline - performance.now()) / 1000)))
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${left}`)
      else if (ticks % 60 === 0) say(left)
      ticks++
    }
    show()
    const ticking = setInterval(show, 1000)
    const over = setTimeout(() => end('time'), deadline - performance.now())
    const end = (how: PortalEnd): void => {
      clearInterval(ticking)
      clearTimeout(over)
      resolve(how)
    }
    browser.once('close', () => end('program'))
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end('signal'))
  })
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
  await closed
  clearTimeout(timer)
}

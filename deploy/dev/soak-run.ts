/**
 * Runs browsers confined on the lab, as an ordinary user, with windows: two identities of each at once.
 *
 * A report and no test: it prints what each did, leaves screenshots to be looked at, and fails when a page did not come by
 * an exit, two identities met on a circuit, or anything was on the uplink. Uses the lab that CORDON_TEST_LAB names, or
 * starts one.
 */
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { finish, Workstation } from '../../services/launcher/test/integration/workstation.ts'
import { until } from '../../shared/test/until.ts'
import { CordonUnderTest, run } from './cordon-under-test.ts'

const BROWSERS = ['firefox', 'chromium'] as const
const IDENTITIES = ['one', 'two'] as const
const DISPLAY = ':78'

/** Asks two STUN servers, which would be seen on the uplink, and tells the site which addresses it could offer. */
const PAGE = `<!doctype html><title>Cordon lab: WebRTC</title><h1>This is the Cordon lab, not the Internet</h1><pre id=p></pre><script>
const peer = new RTCPeerConnection({ iceServers: [{ urls: ['stun:203.0.113.7:3478', 'stun:check.example:3478'] }] })
const found = []
const tell = () => fetch('/told' + location.search.replace('?', '-'), { method: 'PUT', body: JSON.stringify(found) })
peer.onicecandidate = ({ candidate }) => { if (candidate) found.push(candidate.candidate); p.textContent = found.join('\\n'); tell() }
peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer)); setTimeout(tell, 3000)
</script>`

let broken = 0
const say = (line: string): void => void process.stdout.write(`${line}\n`)
function judge(what: string, holds: boolean, more = ''): void {
  if (!holds) broken++
  say(`${holds ? 'holds ' : 'BROKEN'}  ${what}${more === '' ? '' : `: ${more}`}`)
}

const cordon = await CordonUnderTest.start('services: [dns]\n')
const workstation = await Workstation.open(cordon.options)
// A confined program sees nothing of /tmp.
const home = await mkdtemp(join(homedir(), '.cordon-soak-home-'))
const shots = await mkdtemp(join(tmpdir(), 'cordon-screenshots-'))
const children: ChildProcess[] = []
const env = { ...process.env, HOME: home, DISPLAY, XDG_RUNTIME_DIR: join(cordon.directory, 'xdg') }
try {
  const port = await cordon.add('upload')
  const curl = (...args: string[]) => run('curl', ['--silent', '--socks5-hostname', `127.0.0.1:${port}`, ...args])
  writeFileSync(join(cordon.directory, 'page'), PAGE)
  await curl('-T', join(cordon.directory, 'page'), 'http://files.example/rtc.html')
  mkdirSync(join(cordon.directory, 'xdg'))
  const display = workstation.start('root', [
    'Xvfb',
    DISPLAY,
    '-screen',
    '0',
    '1600x1000x24',
    '-nolisten',
    'tcp',
    '-ac',
  ])
  children.push(display)
  await until('a display', async () => (await workstation.run('root', ['xdpyinfo', '-display', DISPLAY])).status === 0)
  for (const browser of BROWSERS) await show(browser, curl)
  await workstation.flush()
  judge(
    'nothing of the browsers was on the uplink',
    workstation.frames.length === 0,
    `${workstation.frames.length} frames`,
  )
  const audit = await cordon.cordon('audit', '--json')
  judge('the auditor saw no circuit shared', JSON.parse(audit.stdout).verdict === 'held')
} finally {
  for (const child of children) child.kill('SIGKILL')
  await workstation.close()
  await cordon.close()
  rmSync(home, { recursive: true, force: true })
}
say(`screenshots: ${shots}`)
process.exit(broken === 0 ? 0 : 1)

/** Open one browser under two identities at once. */
async function show(
  browser: (typeof BROWSERS)[number],
  curl: (...args: string[]) => Promise<{ readonly stdout: string }>,
): Promise<void> {
  const running = IDENTITIES.map(identity => {
    const app = `${browser}-${identity}`
    // A name of this run alone: the lab keeps what earlier ones have put there.
    const told = `${app}-${process.pid}`
    const words = ['run', '--profile', browser, app, `http://files.example/rtc.html?${told}`]
    return { app, told, child: workstation.start('user', workstation.cordon(...words), env) }
  })
  children.push(...running.map(({ child }) => child))
  for (const { app, told } of running) {
    const read = async (): Promise<string | undefined> => {
      const { stdout } = await curl('--fail', `http://files.example/told-${told}`)
      return stdout === '' ? undefined : stdout
    }
    const found = await until(`${app} to have shown its page`, read, 180_000)
    judge(
      `${app} shows its page, and WebRTC offers no address of the machine`,
      !/192\.0\.2\.|2001:db8:1/.test(found),
      found,
    )
  }
  const { apps } = await cordon.circuits()
  const [one, two] = running.map(
    ({ app }) => new Set(apps.find(({ id }) => id === app)?.circuits.map(({ group }) => group)),
  )
  const met = [...(one ?? [])].filter(group => two?.has(group))
  judge(
    `${browser}: the circuits of both are disjoint`,
    met.length === 0 && one?.size !== 0 && two?.size !== 0,
    `${one?.size} and ${two?.size}`,
  )
  const other = join(cordon.directory, 's', 'profiles', `${browser}-two`)
  const ls = await workstation.run('user', workstation.cordon('run', `${browser}-three`, '--', 'ls', other), env)
  judge(`${browser}: another app sees nothing of its profile`, ls.status !== 0, ls.err.trim())
  const shot = join(shots, `${browser}.png`)
  await workstation.run('root', ['import', '-display', DISPLAY, '-window', 'root', shot])
  say(`        ${shot}`)
  for (const { child } of running) {
    child.kill('SIGTERM')
    await finish(child)
  }
}

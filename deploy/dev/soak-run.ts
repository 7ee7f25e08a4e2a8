/**
 * Runs browsers confined on the lab, as an ordinary user, with windows: two identities of each at once. Before, each runs
 * unconfined, in a network that leads nowhere, where the capture must catch it. Then an image is pulled by skopeo, and
 * clients of a real Wayland compositor and sound server look for them.
 *
 * A report and no test: it prints what each did, leaves screenshots to be looked at, and fails when a page did not come by
 * an exit, two identities met on a circuit, or anything was on the uplink. Uses the lab that CORDON_TEST_LAB names, or
 * starts one.
 */
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { finish, Workstation } from '../../services/launcher/test/integration/workstation.ts'
import { until } from '../../shared/test/until.ts'
import { CordonUnderTest, run } from './cordon-under-test.ts'
import { IMAGE, makeRegistry } from './image-registry.ts'
import { judgeDesktop } from './soak-desktop.ts'

const BROWSERS = ['firefox', 'chromium'] as const
const IDENTITIES = ['one', 'two'] as const
const DISPLAY = ':78'
/** 203.0.113.7, which the page asks by its address. */
const STUN_SERVER = 'cb007107'

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
  writeFileSync(join(cordon.directory, 'page.html'), PAGE)
  await curl(
    '-T',
    join(cordon.directory, 'page.html'),
    '--header',
    'content-type: text/html',
    'http://files.example/rtc.html',
  )
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
  for (const browser of BROWSERS) await showUnconfined(browser)
  for (const browser of BROWSERS) await show(browser, curl)
  await pull(curl)
  await judgeDesktop(workstation, join(home, 'desk'), judge)
  await workstation.flush()
  judge('nothing of all that was on the uplink', workstation.frames.length === 0, `${workstation.frames.length} frames`)
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

/** Let a browser show the same page without Cordon: what must be silent below is to be seen here. */
async function showUnconfined(browser: (typeof BROWSERS)[number]): Promise<void> {
  // A machine of its own: what it has sent and not heard of may be sent again later.
  const other = await Workstation.open(cordon.options)
  const profile = join(home, `unconfined-${browser}`)
  mkdirSync(profile)
  const words = {
    firefox: ['firefox-esr', '--no-remote', '--profile', profile],
    chromium: ['chromium', '--no-first-run', `--user-data-dir=${profile}`],
  }[browser]
  // Daemons of this machine, which could ask the real network for it, are out of its reach.
  const lay = 'mount -t tmpfs none /run && exec unshare --user --map-user=1000 --map-group=1000 -- "$@"'
  const alone = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const page = `file://${join(cordon.directory, 'page.html')}`
  const child = other.start('root', ['unshare', ...alone, 'sh', '-c', lay, 'sh', ...words, page], env)
  children.push(child)
  const isCaught = (): boolean => other.frames.some(frame => frame.includes(STUN_SERVER))
  const caught = await until(`packets of ${browser}`, isCaught, 120_000).then(
    () => true,
    () => false,
  )
  judge(`${browser} without Cordon is caught by the same capture`, caught, `${other.frames.length} frames`)
  child.kill('SIGKILL')
  await finish(child)
  await other.close()
}

/** Pull an image as the profile of skopeo advises. */
async function pull(curl: (...args: string[]) => Promise<unknown>): Promise<void> {
  for (const { path, content, mediaType } of makeRegistry()) {
    const file = join(cordon.directory, 'blob')
    writeFileSync(file, content)
    const type = ['--header', `content-type: ${mediaType}`]
    await curl('--request', 'PUT', ...type, '--data-binary', `@${file}`, `http://files.example${path}`)
  }
  const archive = join(home, 'image.tar')
  const from = `docker://files.example/${IMAGE.name}:${IMAGE.tag}`
  // The lab's certificate is its own authority's, and Debian's policy is not everywhere.
  const words = ['--insecure-policy', 'copy', '--src-tls-verify=false', from, `docker-archive:${archive}`]
  const { status, err } = await workstation.run('user', workstation.cordon('run', 'skopeo', ...words), env)
  judge('skopeo pulls an image into a file', status === 0 && existsSync(archive), err.trim())
}

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

import type { ChildProcess } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NameServer } from './dnsperf.ts'
import type { Lab } from './lab.ts'
import type { Programs } from './programs.ts'

const TOR_PORT = 5399
const UNBOUND_PORT = 5398

/** Start an unbound whose own data are the names. */
export async function startUnbound(
  programs: Programs,
  { directory, names }: { directory: string; names: readonly string[] },
): Promise<NameServer> {
  const file = join(directory, 'unbound.conf')
  const lines = [
    'server:',
    '  interface: 127.0.0.1',
    `  port: ${UNBOUND_PORT}`,
    '  do-daemonize: no',
    '  username: ""',
    '  chroot: ""',
    '  pidfile: ""',
    '  use-syslog: no',
    '  logfile: ""',
    '  module-config: "iterator"',
    ...names.map(name => `  local-data: "${name}. 60 IN A 198.51.100.4"`),
    'remote-control:',
    '  control-enable: no',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  const child = programs.spawn('unbound', ['-d', '-c', file], ['ignore', 'ignore', 'ignore'])
  return { pid: pidOf(child), port: UNBOUND_PORT, inLab: false }
}

/** Start a second tor in the lab, by the command of a first, that has a DNSPort, and wait until it has circuits. */
export async function startTorDns(
  programs: Programs,
  { lab, directory, command }: { lab: Lab; directory: string; command: readonly string[] },
): Promise<NameServer> {
  const data = join(directory, 'tor-dns')
  await mkdir(data, { mode: 0o700 })
  const enter = ['--preserve-credentials', '--user', '--net', '--target', String(lab.pid), '--']
  // On the command line an option stands in place of all of its kind in the torrc.
  const own = ['--DataDirectory', data, '--SocksPort', '0', '--ControlPort', '0', '--CookieAuthentication', '0']
  const args = [...command, ...own, '--DNSPort', `127.0.0.1:${TOR_PORT}`, '--Log', 'notice stdout']
  const child = programs.spawn('nsenter', [...enter, ...args], ['ignore', 'pipe', 'ignore'])
  child.stdout?.setEncoding('utf8')
  let said = ''
  for await (const chunk of child.stdout ?? []) {
    said += chunk
    if (!said.includes('Bootstrapped 100%')) continue
    child.stdout?.resume()
    return { pid: pidOf(child), port: TOR_PORT, inLab: true }
  }
  throw new Error(`tor with a DNSPort did not start: ${said}`)
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('a server of names did not start')
  return pid
}

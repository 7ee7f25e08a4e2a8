import { mkdirSync } from 'node:fs'
import { finish, type Workstation } from '../../services/launcher/test/integration/workstation.ts'
import { until } from '../../shared/test/until.ts'

/** Says what holds, and what came of it. */
type Judge = (what: string, holds: boolean, more?: string) => void

/** Run clients of a Wayland compositor and of a sound server confined: real servers, without a screen and a card. */
export async function judgeDesktop(workstation: Workstation, runtime: string, judge: Judge): Promise<void> {
  const env = { ...process.env, HOME: runtime, XDG_RUNTIME_DIR: runtime, WAYLAND_DISPLAY: 'wayland-7' }
  mkdirSync(runtime, { mode: 0o700 })
  const sound = ['--daemonize=no', '--exit-idle-time=-1', '-n', '-L', 'module-null-sink sink_name=nowhere']
  const servers = [
    workstation.start('user', ['pulseaudio', ...sound, '-L', 'module-native-protocol-unix'], env),
    workstation.start('user', ['weston', '--backend=headless-backend.so', '--socket=wayland-7', '--idle-time=0'], env),
  ]
  const clients = { wayland: ['wayland-info'], sound: ['pactl', 'info'] } as const
  const ask = async (client: keyof typeof clients, ...options: readonly string[]) => {
    const words = workstation.cordon('run', ...options, 'desk', '--', ...clients[client])
    return await workstation.run('user', words, env)
  }
  try {
    for (const client of ['wayland', 'sound'] as const) {
      const isThere = async () => (await workstation.run('user', clients[client], env)).status === 0
      await until(`a server of ${client}`, isThere)
    }
    judge('a confined client finds the Wayland compositor', (await ask('wayland')).out.includes('wl_compositor'))
    judge('a confined client finds the sound server', (await ask('sound')).out.includes('nowhere'))
    const silent = await ask('sound', '--no-audio')
    judge('with --no-audio it does not', silent.status !== 0, silent.err.trim())
    judge('and still has its windows', (await ask('wayland', '--no-audio')).status === 0)
  } finally {
    for (const server of servers) {
      server.kill('SIGKILL')
      await finish(server)
    }
  }
}

import t from 'tap'
import { planEnvironment } from '../../src/confine/environment.ts'
import { readListeningPaths } from '../../src/confine/listening-sockets.ts'
import { isDesktopDevice, listDesktop, type MountWishes, planMounts } from '../../src/confine/mounts.ts'

const wishes: MountWishes = {
  userNamespace: true,
  uid: 1000,
  home: '/home/a',
  workingDirectory: '/home/a/work',
  letIn: [{ from: '/run/user/1000/wayland-0', to: '/run/user/1000/wayland-0', readOnly: false }],
  hiddenDirectories: ['/home/a/.local/state/cordon'],
  hiddenFiles: ['/home/a/.gnupg/S.gpg-agent', '/run/x.sock', '/home/a/.local/state/cordon/x.sock'],
  ownDirectories: [],
  devices: ['dri'],
  privateHome: undefined,
}
const made = { sysfs: true, files: [] }
const plan = (more: Partial<MountWishes> = {}): string => planMounts({ ...wishes, ...more }, made).join(' ')

t.test('directories in which daemons answer are empty, and what is let in comes after', async t => {
  const text = plan()
  for (const path of ['/run', '/tmp', '/var/tmp', '/dev/shm', '/home/a/.local/state/cordon'])
    t.match(text, `--tmpfs ${path} `)
  t.ok(text.indexOf('--tmpfs /run ') < text.indexOf('--bind /run/user/1000/wayland-0'))
  t.match(text, '--ro-bind /dev/null /home/a/.gnupg/S.gpg-agent')
  t.notMatch(text, '/run/x.sock', 'hidden with its directory')
  t.notMatch(text, '/cordon/x.sock', 'hidden with its directory')
  t.match(text, '--ro-bind-try /proc/sys /proc/sys')
})

t.test('an own directory is seen although what is around it is hidden', async t => {
  const own = '/home/a/.local/state/cordon/profiles/work'
  const text = plan({ ownDirectories: [own] })
  t.ok(text.indexOf('--tmpfs /home/a/.local/state/cordon') < text.indexOf(`--bind ${own} ${own}`))
})

t.test('a private home takes the place of the home, sockets in it included', async t => {
  const text = plan({ privateHome: '/state/homes/work' })
  t.match(text, '--bind /state/homes/work /home/a')
  t.notMatch(text, 'S.gpg-agent')
})

t.test('the program starts where it was called, unless nothing is to be seen there', async t => {
  t.match(plan(), /--chdir \/home\/a\/work$/)
  t.match(plan({ workingDirectory: '/tmp/x' }), /--chdir \/home\/a$/)
  t.match(plan({ workingDirectory: '/home/a/.local/state/cordon' }), /--chdir \/home\/a$/)
  t.match(plan({ workingDirectory: '/run', home: '/tmp/home' }), /--chdir \/$/)
})

t.test('a /dev of its own holds what every program needs, and of the desktop what is named', async t => {
  t.match(plan(), '--dev /dev --dev-bind-try /dev/dri /dev/dri')
  t.ok(plan().indexOf('--dev /dev') < plan().indexOf('--tmpfs /dev/shm'))
  t.match(plan({ uid: 0, devices: [] }), '--cap-drop ALL --dev /dev --proc')
})

t.test('a device that may lead anywhere is none of the desktop, and root gets none at all', async t => {
  const choose = (names: readonly string[], uid = 1000, audio = true) =>
    names.filter(name => isDesktopDevice(name, { uid, audio }))
  const desktop = ['dri', 'nvidia0', 'nvidia-uvm', 'video0', 'hidraw3', 'snd']
  t.same(choose(desktop), desktop)
  t.same(choose(['snd'], 1000, false), [], 'without sound')
  t.same(choose(desktop, 0), [])
  const others = ['ttyUSB0', 'ttyACM0', 'ttyS0', 'cdc-wdm0', 'wwan0at0', 'rfcomm0', 'net', 'ppp', 'vhost-net', 'vsock']
  t.same(choose([...others, 'sda', 'kvm', 'uinput', 'input', 'bus', 'videos', 'mydri']), [])
})

t.test('without a sysfs of the namespace there is none, and files are put over others by descriptor', async t => {
  const text = planMounts(wishes, { sysfs: false, files: [{ path: '/etc/resolv.conf', descriptor: 9 }] }).join(' ')
  t.match(text, '--tmpfs /sys')
  t.match(text, '--perms 0644 --ro-bind-data 9 /etc/resolv.conf')
})

t.test('of the desktop only what exists and is wanted is let in', async t => {
  const env = {
    DISPLAY: ':1',
    WAYLAND_DISPLAY: 'wayland-0',
    XAUTHORITY: '/run/x/auth',
    XDG_RUNTIME_DIR: '/run/user/1000',
  }
  const list = (x11: boolean, audio: boolean, exists = () => true): readonly string[] =>
    listDesktop({ env, uid: 1000, x11, audio, exists }).map(({ from }) => from)
  t.same(list(true, false), ['/run/user/1000/wayland-0', '/tmp/.X11-unix/X1', '/run/x/auth'])
  t.same(list(false, true), ['/run/user/1000/wayland-0', '/run/user/1000/pipewire-0', '/run/user/1000/pulse/native'])
  t.same(
    list(true, true, () => false),
    [],
  )
  const elsewhere = {
    env: { XAUTHORITY: '/home/a/.Xauthority', DISPLAY: 'host:0' },
    uid: 1,
    audio: false,
    exists: () => true,
  }
  t.same(listDesktop({ ...elsewhere, x11: true }), [], 'seen as it is; a display by TCP is none')
})

t.test('listening sockets are read from the kernel’s table, abstract and connected ones left out', async t => {
  const table = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 17001 /run/a b.sock
0000000000000000: 00000003 00000000 00000000 0001 03 17002 /run/connected
0000000000000000: 00000002 00000000 00010000 0001 01 17003 @/tmp/.X11-unix/X0
0000000000000000: 00000002 00000000 00000000 0002 01 17004 /run/systemd/journal/socket
0000000000000000: 00000003 00000000 00000000 0001 03 17005
`
  t.same(readListeningPaths(table), ['/run/a b.sock', '/run/systemd/journal/socket'])
})

t.test('the environment leads to no daemon, no proxy and no other way to look up names', async t => {
  const env = {
    HOME: '/home/a',
    https_proxy: 'http://p:1',
    ALL_PROXY: 'x',
    NO_PROXY: '*',
    SSH_AUTH_SOCK: '/run/a',
    LD_PRELOAD: 'x.so',
    LOCALDOMAIN: 'corp.example',
    DISPLAY: ':0',
    NOTHING: undefined,
  }
  t.same(planEnvironment({ env, uid: 5, x11: true, bus: false, set: { A: 'b' } }), {
    HOME: '/home/a',
    DISPLAY: ':0',
    XDG_RUNTIME_DIR: '/run/user/5',
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    A: 'b',
  })
  t.equal(planEnvironment({ env, uid: 5, x11: false, bus: true, set: {} })['DISPLAY'], undefined)
  const remote = { env: { DISPLAY: 'host:0' }, uid: 5, x11: true, bus: true, set: {} }
  t.equal(planEnvironment(remote)['DISPLAY'], undefined, 'a display by TCP')
  t.equal(planEnvironment(remote)['DBUS_SESSION_BUS_ADDRESS'], 'unix:path=/run/user/5/bus')
})

import { join } from 'node:path'
import { isBelow } from './path-below.ts'

/** Where daemons of the host put their sockets: empty for a confined program, but for what is let back in. */
export const EMPTY_DIRECTORIES = ['/run', '/tmp', '/var/tmp', '/dev/shm'] as const

/** Mode of a directory that everybody may write to, as a temporary one is. */
const SHARED_MODE = '1777'

/** Read-only things in /run that programs need and that nobody answers behind. */
const HARMLESS_IN_RUN = ['/run/udev/data', '/run/media', '/run/opengl-driver', '/run/current-system'] as const

/** Other directories in which only daemons of the host answer. */
export const DAEMON_DIRECTORIES = ['/var/lib/sss/pipes', '/var/lib/lxd', '/var/snap/lxd', '/var/spool/cups'] as const

/** Devices for windows, pictures and keys of a person: drawing, cameras, security tokens. */
const DESKTOP_DEVICES = /^(?:dri|nvidia.*|kfd|video[0-9]+|media[0-9]+|hidraw[0-9]+)$/

/**
 * Report whether a program needs a device of the desktop.
 *
 * Of others nobody knows where they lead: a modem is a way to the network (ttyUSB0, cdc-wdm0). Root gets none of them: it
 * owns them, and needs no capability to write to what it owns.
 */
export const isDesktopDevice = (
  name: string,
  { uid, audio }: { readonly uid: number; readonly audio: boolean },
): boolean => uid !== 0 && (DESKTOP_DEVICES.test(name) || (audio && name === 'snd'))

/** Root owns the settings of the kernel, one of which is a program that the kernel starts outside (core_pattern). */
const KERNEL_SETTINGS = ['/proc/sys', '/proc/sysrq-trigger'] as const

/** How the file system of a confined program is to look. Paths are absolute, real where they lead, and exist. */
export interface MountWishes {
  /** Ours, from where the namespaces were made; with root's own rights there is no user namespace. */
  readonly userNamespace: boolean
  readonly uid: number
  readonly home: string
  readonly workingDirectory: string
  /** Sockets and files of the desktop that are let in: of X11, Wayland, sound, the filtered bus. */
  readonly letIn: readonly LetIn[]
  /** Directories that must not be seen: Cordon's own, daemons', and those that `--hide` names. */
  readonly hiddenDirectories: readonly string[]
  /** Files and sockets that must not be seen. */
  readonly hiddenFiles: readonly string[]
  /** Directories of the app's own, seen although what is around them is hidden. */
  readonly ownDirectories: readonly string[]
  /** Names of devices in /dev that are seen besides the usual ones. */
  readonly devices: readonly string[]
  /** The directory that is seen in place of the home, or undefined for the home itself. */
  readonly privateHome: string | undefined
}

/** What could be mounted in the namespace before. */
export interface MountsMade {
  /** Whether there is a sysfs of the namespace; without it there is none. */
  readonly sysfs: boolean
  /** Files that must still be put over others, and the descriptors that hold them. */
  readonly files: readonly { readonly path: string; readonly descriptor: number }[]
}

/** Something of the host that a confined program sees. */
export interface LetIn {
  readonly from: string
  readonly to: string
  readonly readOnly: boolean
}

/** List the arguments for bwrap(1) that make the file system, and the namespaces of processes and users around it. */
export function planMounts(wishes: MountWishes, made: MountsMade): readonly string[] {
  const { uid, home, privateHome } = wishes
  return [
    ...(wishes.userNamespace ? ['--unshare-user'] : []),
    ...['--unshare-pid', '--unshare-cgroup-try', '--die-with-parent', '--bind', '/', '/'],
    ...(uid === 0 ? ['--cap-drop', 'ALL'] : []),
    ...planDevices(wishes.devices),
    ...['--proc', '/proc', ...KERNEL_SETTINGS.flatMap(path => ['--ro-bind-try', path, path])],
    ...(made.sysfs ? [] : ['--tmpfs', '/sys']),
    ...(privateHome === undefined ? [] : ['--bind', privateHome, home]),
    ...EMPTY_DIRECTORIES.flatMap(path => ['--perms', path === '/run' ? '0755' : SHARED_MODE, '--tmpfs', path]),
    ...HARMLESS_IN_RUN.flatMap(path => ['--ro-bind-try', path, path]),
    ...['--perms', '0755', '--dir', '/run/user', '--perms', '0700', '--dir', `/run/user/${uid}`],
    ...wishes.hiddenDirectories.filter(path => !isEmptied(path)).flatMap(hideDirectory),
    ...wishes.ownDirectories.flatMap(path => ['--bind', path, path]),
    ...wishes.letIn.flatMap(({ from, to, readOnly }) => [readOnly ? '--ro-bind' : '--bind', from, to]),
    ...wishes.hiddenFiles
      .filter(path => !isEmptied(path) && !wishes.hiddenDirectories.some(directory => isBelow(path, directory)))
      .filter(path => privateHome === undefined || !isBelow(path, home))
      .flatMap(path => ['--ro-bind', '/dev/null', path]),
    ...made.files.flatMap(({ path, descriptor }) => ['--perms', '0644', '--ro-bind-data', `${descriptor}`, path]),
    ...['--chdir', chooseDirectory(wishes)],
  ]
}

/**
 * A /dev with the few devices that programs find everywhere, and those that are let in. Terminals are of its own: of those
 * outside it sees the one that it has, as /dev/console, since it could read what is typed into the others.
 */
const planDevices = (devices: readonly string[]): readonly string[] => [
  ...['--dev', '/dev'],
  ...devices.flatMap(name => ['--dev-bind-try', `/dev/${name}`, `/dev/${name}`]),
]

const hideDirectory = (path: string): readonly string[] => ['--perms', '0700', '--tmpfs', path]

/** Report whether a confined program sees an empty directory where `path` would be. */
export const isEmptied = (path: string): boolean =>
  path === '/proc' || EMPTY_DIRECTORIES.some(directory => isBelow(path, directory))

/** Choose where the program starts: where it was called, or home where that is not to be seen. */
function chooseDirectory({ workingDirectory, home, ...wishes }: MountWishes): string {
  const seen = [...wishes.ownDirectories, ...wishes.letIn.map(({ to }) => to)]
  const isHidden = (path: string): boolean =>
    (isEmptied(path) || wishes.hiddenDirectories.some(directory => isBelow(path, directory))) &&
    !seen.some(directory => isBelow(path, directory))
  if (!isHidden(workingDirectory)) return workingDirectory
  return isHidden(home) ? '/' : home
}

/** What of the desktop is asked for. */
export interface DesktopWishes {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly uid: number
  readonly x11: boolean
  readonly audio: boolean
  readonly exists: (path: string) => boolean
}

/** List the sockets and files of the desktop that a program needs for a window and for sound, as far as they exist. */
export function listDesktop({ env, uid, x11, audio, exists }: DesktopWishes): readonly LetIn[] {
  const { WAYLAND_DISPLAY, DISPLAY, XAUTHORITY, XDG_RUNTIME_DIR } = env
  const runtime = `/run/user/${uid}`
  const outside = XDG_RUNTIME_DIR?.startsWith('/') === true ? XDG_RUNTIME_DIR : runtime
  const display = /^:(\d+)/.exec(DISPLAY ?? '')?.[1]
  const inRuntime = (name: string): LetIn => ({ from: join(outside, name), to: join(runtime, name), readOnly: false })
  const same = (path: string, readOnly: boolean): LetIn => ({ from: path, to: path, readOnly })
  const wanted = [
    ...(WAYLAND_DISPLAY === undefined ? [] : [readWayland(WAYLAND_DISPLAY, inRuntime, same)]),
    ...(audio ? [inRuntime('pipewire-0'), inRuntime('pulse/native')] : []),
    ...(x11 && display !== undefined ? [same(`/tmp/.X11-unix/X${display}`, false)] : []),
    // Elsewhere it is seen as it is.
    ...(x11 && XAUTHORITY !== undefined && isEmptied(XAUTHORITY) ? [same(XAUTHORITY, true)] : []),
  ]
  return wanted.filter(({ from }) => exists(from))
}

const readWayland = (
  display: string,
  inRuntime: (name: string) => LetIn,
  same: (path: string, readOnly: boolean) => LetIn,
): LetIn => (display.startsWith('/') ? same(display, false) : inRuntime(display))

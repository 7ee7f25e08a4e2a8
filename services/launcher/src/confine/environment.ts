/** Whether a confined program sees a display of X11. */
export interface EnvironmentWishes {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly uid: number
  readonly x11: boolean
  /** Whether a filtered session bus is at its usual place inside. */
  readonly bus: boolean
  /** What the profile of the program sets. */
  readonly set: Readonly<Record<string, string>>
}

/** Variables that lead to somebody outside, or to another way of looking up names. */
const REMOVED: ReadonlySet<string> = new Set([
  ...['SSH_AUTH_SOCK', 'SSH_AGENT_PID', 'GPG_AGENT_INFO', 'GNOME_KEYRING_CONTROL', 'GNOME_KEYRING_PID'],
  ...['DBUS_SESSION_BUS_PID', 'DBUS_SESSION_BUS_WINDOWID', 'DBUS_STARTER_ADDRESS', 'DBUS_STARTER_BUS_TYPE'],
  ...['DBUS_SYSTEM_BUS_ADDRESS', 'AT_SPI_BUS_ADDRESS', 'SESSION_MANAGER', 'PULSE_SERVER', 'PIPEWIRE_REMOTE'],
  ...['DOCKER_HOST', 'CONTAINER_HOST', 'TMUX', 'TMUX_PANE', 'STY', 'VSCODE_IPC_HOOK_CLI', 'NOTIFY_SOCKET'],
  ...['LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'INVOCATION_ID', 'JOURNAL_STREAM', 'SYSTEMD_EXEC_PID'],
  ...['RES_OPTIONS', 'LOCALDOMAIN', 'HOSTALIASES', 'RESOLV_HOST_CONF', 'LD_PRELOAD', 'LD_AUDIT'],
  ...['TORSOCKS_CONF_FILE', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_COMPILE_CACHE'],
  ...['CORDON_STATE_DIR', 'CORDON_RUNTIME_DIR', 'CORDON_LAB_DIR', 'XDG_RUNTIME_DIR'],
])

/** A proxy of the host's would be out of reach, or another way out. */
const PROXY = /^(?:(?:all|http|https|ftp|rsync|no|socks|socks5)_proxy)$/i

/** Choose the environment of a confined program. */
export function planEnvironment({ env, uid, x11, bus, set }: EnvironmentWishes): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && !REMOVED.has(entry[0]) && !PROXY.test(entry[0]) && mayStay(entry[0], entry[1], x11),
  )
  return {
    ...Object.fromEntries(kept),
    XDG_RUNTIME_DIR: `/run/user/${uid}`,
    // Unset, libraries of D-Bus would go and look for a bus, or start one.
    DBUS_SESSION_BUS_ADDRESS: bus ? `unix:path=/run/user/${uid}/bus` : 'disabled:',
    ...set,
  }
}

/** A display by TCP is out of reach, and trying would be a connection of the app's. */
function mayStay(name: string, value: string, x11: boolean): boolean {
  if (name === 'XAUTHORITY') return x11
  return name !== 'DISPLAY' || (x11 && value.startsWith(':'))
}

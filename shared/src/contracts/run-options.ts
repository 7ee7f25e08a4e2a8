/** One option of `cordon run`: the command line declares it, the launcher reads it. */
export interface RunOption {
  /** The long name, without its dashes. */
  readonly name: string
  /** What its value is called; undefined for a switch. */
  readonly value?: string
  readonly repeatable?: boolean
  /** What it does, and what it risks. */
  readonly description: string
}

/** The options of `cordon run`, which stand before the name of the app. */
export const RUN_OPTIONS: readonly RunOption[] = [
  { name: 'profile', value: 'name', description: 'run the app by this profile (else by that of its own name, if any)' },
  {
    name: 'expose',
    value: 'port',
    repeatable: true,
    description:
      'let it reach this TCP port of 127.0.0.1 outside; risk: what answers there may connect anywhere for it',
  },
  {
    name: 'private-home',
    description: 'give it a home directory of its own; without, what it writes into yours may be run outside later',
  },
  { name: 'hide', value: 'path', repeatable: true, description: 'let it see nothing at this path' },
  {
    name: 'share',
    value: 'path',
    repeatable: true,
    description: 'let it see this path of /tmp or /run; risk: a socket in it leads outside',
  },
  { name: 'no-x11', description: 'no X11; with X11 it can watch and type into your other windows (Wayland is safe)' },
  { name: 'no-audio', description: 'no sound; with it, it can ask the sound server to open network connections' },
  {
    name: 'dbus',
    value: 'none|filter',
    description: 'none (default), or a session bus for notifications alone; risk: who answers there is outside',
  },
  {
    name: 'allow-lan',
    description: 'let it reach your local network directly, without Tor; risk: who is in that network sees it',
  },
  { name: 'force', description: 'start although the same program runs outside' },
] as const

/** How the launcher is told whether the words after the app are a whole command or arguments for the profile's. */
export const APPEND_OPTION = 'append'

import type { Profile } from './profile.ts'
import { confined } from './profile-defaults.ts'

/** Electron's switch for a directory of one's own, and Chromium's against UDP. */
const ELECTRON_ARGUMENTS = [
  '--user-data-dir={directory}',
  '--disable-quic',
  '--webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--force-webrtc-ip-handling-policy',
] as const

const WINDOWED = { ownDirectory: true, singleInstance: true } as const

/** Programs for talking to people. Calls need UDP, which Tor does not carry. */
export const CHATS: readonly Profile[] = [
  confined({
    ...WINDOWED,
    name: 'signal',
    title: 'Signal Desktop',
    programs: ['signal-desktop'],
    arguments: ELECTRON_ARGUMENTS,
    advice: 'Messages work, calls do not. The account is tied to a telephone number whatever the network.',
  }),
  confined({
    ...WINDOWED,
    name: 'telegram',
    title: 'Telegram Desktop',
    programs: ['telegram-desktop', 'Telegram'],
    arguments: ['-many', '-workdir', '{directory}'],
    advice: 'Messages work, calls do not. The account is tied to a telephone number whatever the network.',
  }),
  confined({
    ...WINDOWED,
    name: 'element',
    title: 'Element',
    programs: ['element-desktop'],
    arguments: ['--profile-dir', '{directory}', ...ELECTRON_ARGUMENTS.slice(1)],
    advice: 'Messages work, calls do not. Who runs the home server knows the account and its rooms.',
  }),
]

/**
 * Profiles: how programs that people run are best run, as data.
 *
 * Belongs here: flags, variables, directories and settings of one program each, with advice. Does not belong here:
 * finding programs, and starting them.
 */
import { BROWSERS } from './browsers.ts'
import { CHATS } from './chats.ts'
import { COMMANDS } from './commands.ts'
import type { Profile } from './profile.ts'
import { WALLETS } from './wallets.ts'

export { type Choice, chooseCommand } from './choose-command.ts'
export { fillProfile, type Profile, type ProfileFile } from './profile.ts'

/** Every profile, in the order in which they are listed. */
export const PROFILES: readonly Profile[] = [...BROWSERS, ...CHATS, ...WALLETS, ...COMMANDS]

/** Find a profile by its name. */
export const findProfile = (name: string): Profile | undefined => PROFILES.find(profile => profile.name === name)

/** List the profiles for people: what to type, and what to know. */
export function formatProfiles(): string {
  const width = Math.max(...PROFILES.map(({ name }) => name.length))
  return PROFILES.map(({ name, title, advice, bestRun }) => {
    const way = bestRun === 'settings' ? ' (best by its own settings, which this profile sets)' : ''
    return `${name.padEnd(width)}  ${title}${way}\n${' '.repeat(width)}  ${advice}\n`
  }).join('')
}

import { basename } from 'node:path'
import type { Profile } from './profile.ts'

/** What was asked for, as far as it decides what is started. */
export interface Asked {
  readonly app: string
  /** A profile by name. */
  readonly profile: string | undefined
  readonly append: boolean
  readonly words: readonly string[]
}

/** What is started: by a profile, or a command as it stands. */
export type Choice =
  | { readonly type: 'by-profile'; readonly profile: Profile; readonly words: readonly string[] }
  /** `like` is the profile of a program that is started without its flags. */
  | { readonly type: 'command'; readonly command: readonly string[]; readonly like: Profile | undefined }
  | { readonly type: 'profile-unknown'; readonly name: string }
  | { readonly type: 'nothing' }

/**
 * Choose what `cordon run` starts.
 *
 * With `--` the command is what follows it. Without, it is that of the profile, which the app's own name names too; and
 * where there is no such profile, the app is named for its program.
 */
export function chooseCommand({ app, profile, append, words }: Asked, profiles: readonly Profile[]): Choice {
  const named = profile ?? (append ? app : undefined)
  const found = profiles.find(({ name }) => name === named)
  if (profile !== undefined && found === undefined) return { type: 'profile-unknown', name: profile }
  if (append && found !== undefined) return { type: 'by-profile', profile: found, words }
  const command = append ? [app, ...words] : words
  const [program] = command
  if (program === undefined) return { type: 'nothing' }
  return { type: 'command', command, like: profiles.find(({ programs }) => programs.includes(basename(program))) }
}

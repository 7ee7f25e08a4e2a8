import type { AppSettings } from '@cordon/shared/contracts'

/** How one program that people run is best run. All of it is data. */
export interface Profile {
  /** What a person types: `cordon run firefox`. */
  readonly name: string
  readonly title: string
  /** Names of the program, the first that is found is started. */
  readonly programs: readonly string[]
  /** Words after the program; `{directory}` stands for the app's own directory. */
  readonly arguments: readonly string[]
  /** Variables that are set; `{directory}` as above. */
  readonly env: Readonly<Record<string, string>>
  /** Whether the app gets a directory of its own, so that two identities of the program share nothing. */
  readonly ownDirectory: boolean
  /** Files that are written into that directory before each start. */
  readonly files: readonly ProfileFile[]
  /** Settings of the app when it is registered. */
  readonly settings: AppSettings
  /** Whether a second start of the program asks a running one to do the work. */
  readonly singleInstance: boolean
  /** `confined`: by `cordon run`. `settings`: it knows SOCKS well, and its own settings do more than confinement. */
  readonly bestRun: 'confined' | 'settings'
  /** What a person should know, in one or two sentences. */
  readonly advice: string
}

/** A file of a profile, in the app's own directory. */
export interface ProfileFile {
  readonly name: string
  readonly content: string
}

const DIRECTORY = '{directory}'

/** The command that a profile starts, before its program is looked for. */
export interface ProfileCommand {
  readonly arguments: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Fill the app's own directory into what a profile says. */
export function fillProfile(profile: Profile, directory: string): ProfileCommand {
  const fill = (text: string): string => text.replaceAll(DIRECTORY, directory)
  return {
    arguments: profile.arguments.map(fill),
    env: Object.fromEntries(Object.entries(profile.env).map(([name, value]) => [name, fill(value)])),
  }
}

import { checkCommand, locateProgram } from '../confine/command.ts'
import { commandMissing, profileUnknown } from '../confine/refusal.ts'
import type { RunRequest } from '../confine/run-request.ts'
import { usage } from '../confine/usage.ts'
import { chooseCommand, fillProfile, PROFILES, type Profile } from '../profiles/index.ts'
import { isProgram } from './host.ts'

/** What is started, with everything that its profile says. */
export interface Start {
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly ownDirectories: readonly string[]
  /** The profile that is used, or undefined for a command as it stands. */
  readonly profile: Profile | undefined
  /** Names of a program that asks a running one to do its work. */
  readonly singleInstanceOf: readonly string[]
}

/** Choose what to start and make the app's own directory, or throw a Fault. */
export async function prepareStart(request: RunRequest): Promise<Start> {
  const choice = chooseCommand(request, PROFILES)
  switch (choice.type) {
    case 'nothing':
      throw usage('there is no command after --')
    case 'profile-unknown':
      throw profileUnknown(choice.name)
    case 'command': {
      checkCommand(choice.command)
      const singleInstanceOf = choice.like?.singleInstance === true ? choice.like.programs : []
      return { command: choice.command, env: {}, ownDirectories: [], profile: undefined, singleInstanceOf }
    }
    case 'by-profile':
      return await startByProfile(request, choice.profile, choice.words)
  }
}

async function startByProfile(request: RunRequest, profile: Profile, words: readonly string[]): Promise<Start> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin' } = process.env
  const lookUp = { workingDirectory: '/', isProgram }
  const program = profile.programs.find(name => locateProgram(name, PATH, lookUp) !== undefined)
  if (program === undefined) throw commandMissing(profile.programs.join(' or '))
  const directory = profile.ownDirectory
    ? await (await import('./own-directory.ts')).openOwnDirectory(request.stateDirectory, request.app, profile.files)
    : undefined
  const { arguments: args, env } = fillProfile(profile, directory ?? '')
  return {
    command: [program, ...args, ...words],
    env,
    ownDirectories: directory === undefined ? [] : [directory],
    profile,
    singleInstanceOf: profile.singleInstance ? profile.programs : [],
  }
}

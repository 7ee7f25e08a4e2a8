import type { Profile } from './profile.ts'

const PLAIN = {
  arguments: [],
  env: {},
  ownDirectory: false,
  files: [],
  settings: {},
  singleInstance: false,
} as const

type Said = Pick<Profile, 'name' | 'title' | 'programs' | 'advice'> & Partial<Profile>

/** A profile of a program that is best run confined. */
export const confined = (said: Said): Profile => ({ ...PLAIN, bestRun: 'confined', ...said })

/** A profile of a program whose own settings do more than confinement, which is allowed all the same. */
export const bySettings = (said: Said): Profile => ({ ...PLAIN, bestRun: 'settings', ...said })

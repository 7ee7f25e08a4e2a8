import { homedir } from 'node:os'

/** Read where this user lives: $HOME, or what the accounts say, or `/` for a number that is nobody's. */
export function readHomeDirectory(): string {
  try {
    return homedir()
  } catch {
    return '/'
  }
}

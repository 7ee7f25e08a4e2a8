import { readFileSync } from 'node:fs'

/** An account of this machine, as far as it is known. */
export interface User {
  readonly uid: number
  readonly gid: number
  readonly home: string | undefined
}

/** Accounts as passwd(5) lists them. */
const readPasswd = (): readonly (readonly string[])[] =>
  readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))

/** Find the number of a user by name or number; a number need not be anybody's. */
export const findUser = (name: string): number | undefined => findAccount(name)?.uid

/** Find an account by name or number. Somebody without a line is a number, in a group of the same number. */
export function findAccount(name: string): User | undefined {
  const isNumber = /^[0-9]{1,10}$/.test(name)
  const [, , uid, gid, , home] = readPasswd().find(fields => fields[isNumber ? 2 : 0] === name) ?? []
  if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid), home }
  return isNumber ? { uid: Number(name), gid: Number(name), home: undefined } : undefined
}

/** Name a user. */
export function nameUser(uid: number): string {
  const [name] = readPasswd().find(fields => fields[2] === `${uid}`) ?? []
  return name ?? `user ${uid}`
}

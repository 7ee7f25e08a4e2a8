/**
 * List the users that belong to the group `gid`, from the texts of passwd(5) and group(5).
 *
 * Users and groups that these files do not hold (LDAP and the like) are in no group: asking for them could go over the
 * network.
 */
export function listGroupMembers(gid: number, passwd: string, group: string): ReadonlySet<number> {
  const users = splitFields(passwd, 7).map(([name = '', , uid, primary]) => ({ name, uid, primary }))
  const names = splitFields(group, 4)
    .filter(([, , id]) => id === String(gid))
    .flatMap(([, , , members = '']) => members.split(','))
  return new Set(
    users
      .filter(({ name, primary }) => primary === String(gid) || names.includes(name))
      .map(({ uid }) => Number(uid))
      .filter(uid => Number.isSafeInteger(uid)),
  )
}

const splitFields = (text: string, count: number): readonly (readonly string[])[] =>
  text
    .split('\n')
    .map(line => line.split(':'))
    .filter(fields => fields.length === count)

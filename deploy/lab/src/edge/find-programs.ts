import { accessSync, constants } from 'node:fs'
import { Fault } from '@cordon/shared/errors'
import { PACKAGES, type ProgramName, type Programs, packagesFor } from '../programs.ts'

/** Find in `directories` every program that the lab runs, or throw a Fault `LAB_PROGRAM_MISSING` with the packages. */
export function findPrograms(directories: readonly string[]): Programs {
  const found = new Map<string, string>()
  for (const name of Object.keys(PACKAGES)) {
    const place = directories.map(directory => `${directory}/${name}`).find(isExecutable)
    if (place !== undefined) found.set(name, place)
  }
  const missing = (Object.keys(PACKAGES) as ProgramName[]).filter(name => !found.has(name))
  if (missing.length === 0) return Object.fromEntries(found) as Programs
  throw new Fault('LAB_PROGRAM_MISSING', `the lab needs ${missing.join(', ')}, which this machine does not have`, {
    where: 'host',
    retry: 'never',
    next: `Run: sudo apt install ${packagesFor(missing)}`,
  })
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // not there, or not for us: the next directory may have it
  }
}

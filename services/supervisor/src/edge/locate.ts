import { statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { systemCode } from '@cordon/shared/errors'
import { readHomeDirectory } from '@cordon/shared/runtime/edge/home-directory'
import { readWorkingDirectory } from '@cordon/shared/runtime/edge/working-directory'
import { chooseDirectories, type Directories } from '../cli/directories.ts'

/** The options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly config?: string
  readonly stateDir?: string
  readonly runtimeDir?: string
}

/** Find the directories of the instance that a command means. */
export function locate(options: GlobalOptions): Directories {
  const uid = process.geteuid?.() ?? 0
  return chooseDirectories({
    options,
    env: process.env,
    home: readHomeDirectory(),
    uid,
    temporary: tmpdir(),
    workingDirectory: readWorkingDirectory(),
    hasRunUser: isOurs(`/run/user/${uid}`, uid),
  })
}

/** List the options that lead to the same instance from anywhere; none for the usual one. */
export function nameInstance(options: GlobalOptions): readonly string[] {
  const { CORDON_STATE_DIR, CORDON_RUNTIME_DIR } = process.env
  const { configurationFile, stateDirectory, runtimeDirectory } = locate(options)
  return [
    ...(options.config === undefined ? [] : [`--config=${configurationFile}`]),
    ...((options.stateDir ?? CORDON_STATE_DIR) === undefined ? [] : [`--state-dir=${stateDirectory}`]),
    ...((options.runtimeDir ?? CORDON_RUNTIME_DIR) === undefined ? [] : [`--runtime-dir=${runtimeDirectory}`]),
  ]
}

/** Find where the lab lives: `--lab-dir`, CORDON_LAB_DIR, or below the state. */
export function locateLab(named: string | undefined, { stateDirectory }: Directories): string {
  const { CORDON_LAB_DIR } = process.env
  return resolve(named ?? CORDON_LAB_DIR ?? `${stateDirectory}/lab`)
}

function isOurs(path: string, uid: number): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    return found?.isDirectory() === true && found.uid === uid
  } catch (cause) {
    // A service is not even shown what is a user's (ProtectHome=, systemd.exec(5)).
    if (systemCode(cause) === 'EACCES') return false
    throw cause
  }
}

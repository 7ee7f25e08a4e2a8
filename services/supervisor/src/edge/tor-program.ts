import { execFile } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import { type Additions, acceptTorVersion, explainComplaint, TOR_DIRECTORIES, torMissing } from '../tor/index.ts'
import { isProgram } from './child.ts'

/** `tor --version` and `--verify-config` take a tenth of a second; a hung program must not hold us. Arbitrary. */
const RUN_DEADLINE_MS = 20_000

/** Find a program of the distribution, in PATH and where PATH often does not look, or return undefined. */
export function findProgram(name: string): string | undefined {
  const { PATH = '' } = process.env
  const directories = PATH.split(delimiter).filter(directory => directory.startsWith('/'))
  return [...directories, ...TOR_DIRECTORIES].map(directory => join(directory, name)).find(isProgram)
}

/** Find tor and make sure that it is new enough. `named` is tor.program of the configuration. */
export async function findTor(named: string | undefined): Promise<string> {
  const path = named ?? findProgram('tor')
  if (path === undefined) throw torMissing(`PATH and ${TOR_DIRECTORIES.join(', ')}`)
  if (!isProgram(path)) throw torMissing(path)
  acceptTorVersion((await runProgram(path, ['--version'])).output)
  return path
}

/** Let tor judge its configuration before it is used; throw a Fault that names its complaint. */
export async function verifyTorrc(tor: string, args: readonly string[], additions: Additions): Promise<void> {
  const { status, output } = await runProgram(tor, [...args, '--verify-config'])
  if (status === 0) return
  const complaint = explainComplaint(output, additions)
  throw new Fault('TOR_CONFIGURATION_REFUSED', `tor refuses its configuration: ${complaint}`, {
    where: 'tor',
    retry: 'never',
    next: `Mend ${additions.path} or the tor settings of the configuration.`,
  })
}

/** Run a program to its end without a shell. */
function runProgram(path: string, args: readonly string[]): Promise<{ status: number; output: string }> {
  return new Promise(resolve => {
    const options = { timeout: RUN_DEADLINE_MS, maxBuffer: 1_048_576, env: { PATH: '/usr/bin:/bin' } }
    execFile(path, [...args], options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ status, output: `${stdout}${stderr}` })
    })
  })
}

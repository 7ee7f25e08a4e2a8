import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'

const run = promisify(execFile)

/** Report whether chrony is on this machine, or was unpacked for the tests. */
export const hasChrony = async (): Promise<boolean> =>
  await run('chronyd', ['-v']).then(
    () => true,
    () => false,
  )

/**
 * A chronyd of one test: `-x`, so that it touches no clock; a configuration, socket and directory of its own; no network
 * but loopback. It goes with the test.
 */
export class ChronyUnderTest {
  readonly directory: string
  readonly #daemon: ChildProcess

  private constructor(directory: string, daemon: ChildProcess) {
    this.directory = directory
    this.#daemon = daemon
  }

  /** Start one that has the given lines; `%d` in them is its directory. */
  static async start(t: Test, lines: readonly string[]): Promise<ChronyUnderTest> {
    const directory = await mkdtemp(join(tmpdir(), 'cordon-chrony-'))
    await chmod(directory, 0o700)
    const configuration = join(directory, 'chrony.conf')
    const own = ['cmdport 0', 'bindcmdaddress %d/command.sock', 'pidfile %d/pid', 'port 0', 'logchange 0.001']
    await writeFile(configuration, `${[...lines, ...own].join('\n').replaceAll('%d', directory)}\n`)
    // -U: it may be started by anybody; -d: in the foreground; -x: no control of the clock.
    const user = (await run('id', ['-un'])).stdout.trim()
    const daemon = spawn('chronyd', ['-x', '-U', '-d', '-u', user, '-f', configuration], { stdio: 'pipe' })
    daemon.stderr?.resume()
    daemon.stdout?.resume()
    t.teardown(async () => {
      if (daemon.exitCode === null && daemon.signalCode === null) {
        daemon.kill('SIGKILL')
        await once(daemon, 'exit')
      }
      await rm(directory, { recursive: true, force: true })
    })
    return new ChronyUnderTest(directory, daemon)
  }

  get ended(): boolean {
    return this.#daemon.exitCode !== null || this.#daemon.signalCode !== null
  }

  /** Ask it by chronyc, and give the fields of each line. */
  async ask(...words: readonly string[]): Promise<readonly (readonly string[])[]> {
    const { stdout } = await run('chronyc', ['-c', '-h', join(this.directory, 'command.sock'), ...words])
    return stdout
      .trim()
      .split('\n')
      .map(line => line.split(','))
  }
}

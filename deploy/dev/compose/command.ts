import { spawnSync } from 'node:child_process'

/** What a program said and how it ended. */
export interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  /** Far above what any of them needs, even on a busy machine. */
  readonly timeoutMs?: number
}

const PATIENCE_MS = 600_000

/** Run a program to its end, without a shell. */
export function run(command: readonly string[], options: CommandOptions = {}): Outcome {
  const [program = '', ...args] = command
  const { timeoutMs = PATIENCE_MS, ...rest } = options
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: timeoutMs,
    ...rest,
  })
  return { status: status ?? 1, stdout: stdout ?? '', stderr: error === undefined ? (stderr ?? '') : error.message }
}

/** As {@link run}, and throw with the last lines that it said if it fails. */
export function must(command: readonly string[], options: CommandOptions = {}): string {
  const { status, stdout, stderr } = run(command, options)
  if (status === 0) return stdout
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(-8).join('\n  ')
  throw new Error(`${command.slice(0, 4).join(' ')} … failed (${status}):\n  ${said}`)
}

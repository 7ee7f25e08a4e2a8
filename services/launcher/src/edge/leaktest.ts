import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { formatReport, isOfProbe, judgeProbes, PROBES, parseResults } from '../leak/index.ts'
import { openCapture } from './system-calls.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const PROBES_PROGRAM = fileURLToPath(new URL('leak-probes.ts', import.meta.url))

/** The top of the checkout or of the installed packages: the probes and the Node that runs them. */
const OURS = fileURLToPath(new URL('../../../../', import.meta.url))

/** More than a socket's buffer holds comes only where everything leaks. Arbitrary. */
const LOOK_MS = 50

const BREACHED = 5
const FAILED = 1

/**
 * Run the probes in the confinement of an app, and print what was tried and what came out.
 *
 * `options` are those of `cordon run`. The exit status is 0 for tight, 5 for leaks, 1 when it cannot be known.
 */
export async function leaktest(options: readonly string[], json: boolean): Promise<number> {
  const capture = openCapture()
  let packets = 0
  const look = (): void => {
    packets += capture?.take().filter(isOfProbe).length ?? 0
  }
  const timer = setInterval(look, LOOK_MS)
  try {
    const args = [MAIN, 'run', ...options, `--share=${OURS}`, '--', process.execPath, PROBES_PROGRAM]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said, [status]] = await Promise.all([text(child.stdout), once(child, 'close')])
    if (status !== 0) return typeof status === 'number' ? status : FAILED
    look()
    const report = judgeProbes(PROBES, parseResults(said) ?? [], capture === undefined ? null : packets)
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : formatReport(report))
    return { tight: 0, leaks: BREACHED, unknown: FAILED }[report.verdict]
  } finally {
    clearInterval(timer)
    capture?.close()
  }
}

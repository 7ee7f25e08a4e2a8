/**
 * The lab: a private Tor network with an internet of its own, on this machine and nowhere else.
 *
 * Outside the namespaces there is only this program: it owns what is inside, passes on what it says, and ends it when
 * its own owner goes. Standard output is JSON lines (`LabMessage`).
 */
import type { LabMessage } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { onStop } from '@cordon/shared/runtime/edge'
import { ownLab } from './edge/own-lab.ts'
import { type Place, parseOptions, USAGE } from './options.ts'

/** DESIGN.md section 5: 1 failed, 2 usage. */
const FAILED = 1
const WRONG_USAGE = 2

const say = (message: LabMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}
// Nobody reads what we say. That alone is no reason to end; the owner's end is told by standard input.
process.stdout.on('error', () => {})

const options = parseOptions(process.argv.slice(2), process.cwd())
switch (options.type) {
  case 'help':
    process.stdout.write(USAGE)
    break
  case 'wrong':
    process.stderr.write(`${options.message}\n\n${USAGE}`)
    process.exitCode = WRONG_USAGE
    break
  case 'run':
    await run(options, options.detached)
}

async function run(place: Place, detached: boolean): Promise<void> {
  try {
    const lab = await ownLab(place, say)
    onStop(lab.stop)
    process.on('SIGHUP', lab.stop)
    if (!detached) process.stdin.on('end', lab.stop).on('error', lab.stop).resume()
    await lab.ended
    process.exit()
  } catch (thrown) {
    const fault = thrown instanceof Fault ? thrown : undefined
    say({
      type: 'failed',
      code: fault?.code ?? 'LAB_FAILED',
      message: explain(thrown),
      next: fault?.next ?? 'Report this as a bug of the lab.',
    })
    process.exit(FAILED)
  }
}

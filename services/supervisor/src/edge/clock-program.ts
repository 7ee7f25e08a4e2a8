import type { Command } from 'commander'
import type { Directories, ExitStatus } from '../cli/index.ts'
import type { ClockCommands, SyncOptions } from './clock-commands.ts'
import type { Terminal } from './terminal.ts'

const CLOCK_SET_HELP = `
The zone is part of the time. Tor counts in UTC: a clock that shows the right hour in the wrong zone is hours off.
Compare \`date -u\` with a clock you trust; this command moves the time and never the zone (timedatectl does).
It takes root, or CAP_SYS_TIME. What is set so is not trusted: Cordon measures as soon as tor has a circuit.`

/** Add `cordon clock` and what stands below it. `find` is asked when a command runs, and not before. */
export function addClockCommands(
  program: Command,
  find: () => { readonly directories: Directories; readonly terminal: Terminal },
  done: (status: ExitStatus) => void,
): void {
  const clockCommands = async (): Promise<ClockCommands> => {
    const { ClockCommands } = await import('./clock-commands.ts')
    const { directories, terminal } = find()
    return new ClockCommands(directories, terminal)
  }
  const clock = program.command('clock').description('show how far the clock is trusted, measure it, set it')
  clock
    .command('show', { isDefault: true })
    .description('show the offset, its bound, the sources, the last decision and why')
    .action(async () => done(await (await clockCommands()).show()))
  clock
    .command('sync')
    .description('measure now, and correct the clock if the sources agree')
    .option('--allow-backward', 'let the clock run backward, if that is right')
    .action(async (options: SyncOptions) => done(await (await clockCommands()).sync(options)))
  clock
    .command('set <time>')
    .description('set this clock by hand, for a Tor that cannot start: 2026-11-23T14:05:00+01:00')
    .addHelpText('after', CLOCK_SET_HELP)
    .action(async (time: string) => done(await (await clockCommands()).set(time)))
}

import { CONTROL_PROFILE_NAMES } from '@cordon/shared/contracts/control-profiles'
import { LOCKDOWN_OPTIONS } from '@cordon/shared/contracts/lockdown-options'
import { RUN_OPTIONS, type RunOption } from '@cordon/shared/contracts/run-options'
import { Command, CommanderError, Option } from 'commander'
import {
  type AppOptions,
  cutRunArguments,
  EXIT,
  type ExitStatus,
  exitStatusOf,
  formatCompletion,
  formatOptions,
  formatPlaces,
  formatRun,
  type OptionValue,
} from '../cli/index.ts'
import type { AuditOptions } from './audit-command.ts'
import { becomeLauncher } from './become-launcher.ts'
import type { BecomeOptions } from './become-part.ts'
import { addClockCommands } from './clock-program.ts'
import { readCommanderError } from './commander-error.ts'
import type { Commands, DnsOptions } from './commands.ts'
import { describeCommand } from './describe-command.ts'
import type { LogsOptions } from './follow-logs.ts'
import { type GlobalOptions, locate, nameInstance } from './locate.ts'
import { Terminal } from './terminal.ts'
import { type UpOptions, up } from './up-command.ts'
import { addUpdateCommands } from './update-program.ts'

/** Run the `cordon` command line and tell its exit status. */
export async function runProgram(args: readonly string[]): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.done
  // What follows the name of the app is the program's: Commander must not see it.
  const { head, tail } = cutRunArguments(args)
  const program = buildProgram(head, tail, outcome => {
    status = outcome
  })
  try {
    await program.parseAsync([...head], { from: 'user' })
    return status
  } catch (thrown) {
    const failure = thrown instanceof CommanderError ? readCommanderError(thrown, program, head) : thrown
    if (failure === undefined) return EXIT.done
    new Terminal(head.includes('--json')).failure(failure)
    return exitStatusOf(failure)
  }
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

function buildProgram(
  args: readonly string[],
  programWords: readonly string[],
  done: (status: ExitStatus) => void,
): Command {
  const program = new Command('cordon')
    .description('Every application its own way through Tor, and the proof.')
    .option('--json', 'print JSON, for scripts')
    .option('--config <file>', 'the configuration (cordon.yaml)')
    .option('--state-dir <directory>', 'where the state lives')
    .option('--runtime-dir <directory>', 'where the sockets live')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError()
    .helpCommand(true)
  const global = (): GlobalOptions => program.opts<GlobalOptions>()
  const terminal = (): Terminal => new Terminal(global().json === true)
  // Loaded when wanted: a command that asks one question must not load what serves answers.
  const commands = async (): Promise<Commands> => {
    const { Commands } = await import('./commands.ts')
    return new Commands(locate(global()), terminal())
  }

  program
    .command('up')
    .description('start everything and show what it waits for')
    .option('--lab', 'run on a private network on this machine, which is not Tor')
    .option('--lab-dir <directory>', 'where the lab lives; a lab that runs there is joined')
    .option('--lab-if-any <directory>', 'with --system: the lab that is watched too if one answers there')
    .option('--detach', 'return when everything is ready')
    .option('--system', 'start nothing, and watch the parts that a service manager runs under users of their own')
    .addOption(new Option('--detached').hideHelp())
    .action(async (options: UpOptions) => done(await up(args, options, global(), terminal())))
  program
    .command('part <part>')
    .description('become one part in system mode, for service managers and containers')
    .option('--lab-dir <directory>', 'the lab that it belongs to; for tor this must be its network already')
    .option('--lab-if-any <directory>', 'the lab that it belongs to if one answers there; not for tor')
    .option('--check', 'only ask whether the part is well: exit status 0 if it is ready, 4 if not yet')
    .option('--prepare', 'only write its configuration and have it verified, before it is told to read it again')
    .action(async (name: string, options: BecomeOptions) => {
      const { becomePart } = await import('./become-part.ts')
      done(await becomePart(name, options, locate(global()), terminal()))
    })
  program
    .command('down')
    .description('stop everything')
    .action(async () => done(await (await commands()).down()))
  program
    .command('status')
    .description('show the parts and the apps')
    .option('--watch', 'go on showing it until Ctrl-C')
    .action(async (options: { watch?: boolean }) => done(await (await commands()).status(options)))
  program
    .command('logs')
    .description('show the newest lines of all parts')
    .option('--follow', 'go on showing those that come until Ctrl-C')
    .option('--part <name>', 'only those of one part')
    .action(async (options: LogsOptions) => done(await (await commands()).logs(options)))

  program
    .command('traces')
    .description('show what Cordon was busy with, newest last')
    .action(async () => done(await (await commands()).traces()))
  program
    .command('doctor')
    .description('say what is wrong, why, and the next step; works when nothing runs')
    .action(async () => {
      const { runDoctor } = await import('./doctor.ts')
      done(await runDoctor(locate(global()), terminal()))
    })

  const apps = program.command('apps').description('list, add and remove apps')
  apps
    .command('list', { isDefault: true })
    .description('list the apps')
    .action(async () => done(await (await commands()).listApps()))
  apps
    .command('add <name>')
    .description('give an app its own port')
    .option('--port <number>', 'the port; a free one is chosen and kept if this is left out')
    .option('--isolate <preset>', 'app, host or stream')
    .option('--circuits <life>', 'long or short')
    .option('--allow <host>', 'a host pattern that may be reached; may be repeated', collect)
    .option('--deny <host>', 'a host pattern that may not be reached; may be repeated', collect)
    .option('--ports <list>', 'ports and ranges that may be reached; may be repeated', collect)
    .option('--onion-only', 'reach onion services and nothing else')
    .option('--no-ipv6', 'refuse IPv6 addresses')
    .option('--remote-names-only', 'refuse literal addresses')
    .option('--hold <what>', 'none, or clock: let nothing pass until the clock is trusted')
    .option('--control <profile>', `a share of tor's control port: ${CONTROL_PROFILE_NAMES.join(', ')}`)
    .option('--control-port <number>', 'offer that share on TCP too')
    .option('--dns-port <number>', 'the port where its names are asked; a free one is chosen and kept if left out')
    .option('--dns-virtual', 'answer names on that port with virtual addresses, which only its own port understands')
    .option('--dns-resolver <address>', 'who is asked for other types than A, AAAA and PTR: tls://… or https://…')
    .option('--extended-errors', 'pass tor’s own reply codes (F0 to F7) to the program')
    .action(async (name: string, options: AppOptions) => done(await (await commands()).addApp(name, options)))
  apps
    .command('remove <name>')
    .description('close the port of an app and forget it; what its programs kept stays in the state directory')
    .action(async (name: string) => done(await (await commands()).removeApp(name)))

  program
    .command('circuits [app]')
    .description('show which streams are on which circuits')
    .option('--watch', 'go on showing it until Ctrl-C')
    .action(async (app: string | undefined, options: { watch?: boolean }) =>
      done(await (await commands()).circuits(app, options)),
    )
  program
    .command('audit')
    .description('say whether isolation holds, since when, and what was seen')
    .option('--proof <file>', 'write a record that others can check, without destinations')
    .option('--acknowledge', 'say that you have seen the violations: they are told as past from now on')
    .action(async (options: AuditOptions) => done(await (await commands()).audit(options)))
  program
    .command('renew <app>')
    .description('give one app a new identity')
    .action(async (app: string) => done(await (await commands()).renew(app)))
  program
    .command('env <app>')
    .description('print what leads programs to the port of an app: eval "$(cordon env APP)"')
    .action(async (app: string) => done(await (await commands()).environment(app)))
  const run = program
    .command('run <app>')
    .usage('[options] <app> [arguments…]  or  [options] <app> -- <command…>')
    .description('start a program that reaches the network by the identity of an app, or not at all')
    .action(async (app: string, options: Record<string, OptionValue>) => {
      await becomeLauncher(
        formatRun(locate(global()), { app, options: formatOptions(RUN_OPTIONS, options), words: programWords }),
      )
    })
  declareOptions(run, RUN_OPTIONS)
  const tell = (...words: readonly string[]): Promise<never> =>
    becomeLauncher(global().json === true ? [...words, '--json'] : words)
  program
    .command('profiles')
    .description('list the programs that Cordon knows how to run best')
    .action(async () => await tell('profiles'))
  program
    .command('desktop [verb] [app]')
    .description('menu entries that start a program confined: install, remove or list')
    .option('--profile <name>', 'the program, if the app is not named for it')
    .action(async (verb = 'list', app: string | undefined, { profile }: { profile?: string }) => {
      const options = profile === undefined ? [] : [`--profile=${profile}`]
      // A menu is not started from here: it must say itself which instance is meant, if it is not the usual one.
      const start = [process.argv[1] ?? 'cordon', ...nameInstance(global())].map(word => `--start=${word}`)
      await tell('desktop', verb, ...(app === undefined ? [] : [app]), ...options, ...start)
    })
  const lockdown = program
    .command('lockdown [verb] [command...]')
    .usage('[options] on|off|status|relays  or  [options] portal [-- <command…>]')
    .description(
      'let nothing but tor reach the outside on this whole machine (root); portal opens a browser that may, to log in',
    )
    .action(async (verb = 'status', command: readonly string[], options: Record<string, OptionValue>) => {
      const json = global().json === true ? ['--json'] : []
      await becomeLauncher(['lockdown', ...formatOptions(LOCKDOWN_OPTIONS, options), ...json, '--', verb, ...command])
    })
  declareOptions(lockdown, LOCKDOWN_OPTIONS)
  program
    .command('leaktest [app]')
    .description('try to get out of the confinement of an app, and say what came out')
    .action(async (app = 'leaktest') => {
      const json = global().json === true ? ['--json'] : []
      await becomeLauncher(['leaktest', ...json, ...formatPlaces(locate(global()), app)])
    })
  const find = () => ({ directories: locate(global()), terminal: terminal() })
  addUpdateCommands(program, find, done)
  addClockCommands(program, find, done)
  program
    .command('dns <app>')
    .description('show how the names of an app are answered')
    .option('--names', 'also the names that are kept, from memory')
    .option('--setup <tool>', 'print how the whole desktop is led to this app: resolved or networkmanager')
    .action(async (app: string, options: DnsOptions) => done(await (await commands()).dns(app, options)))
  program
    .command('completion <shell>')
    .description('print what makes a shell complete these commands: bash, zsh or fish')
    .action((shell: string) => {
      process.stdout.write(formatCompletion(shell, describeCommand(program)))
    })
  program.command('complete-apps', { hidden: true }).action(async () => done(await (await commands()).completeApps()))
  return program
}

/** Declare options that the launcher reads. */
function declareOptions(command: Command, options: readonly RunOption[]): void {
  for (const { name, value, repeatable = false, description } of options) {
    const option = new Option(value === undefined ? `--${name}` : `--${name} <${value}>`, description)
    command.addOption(repeatable ? option.argParser(collect) : option)
  }
}

/** The launcher: confines programs, writes desktop entries, locks a machine down. Started by the `cordon` command. */
import { exitStatusOf, formatFault } from './edge/failure.ts'

const [verb, ...args] = process.argv.slice(2)

/** Each is loaded when wanted: to start a program must not load what guards a machine. */
const VERBS: Readonly<Record<string, () => Promise<number>>> = {
  run: async () => {
    const { parseRunRequest } = await import('./confine/run-request.ts')
    const { run } = await import('./edge/run.ts')
    return await run(parseRunRequest(args))
  },
  desktop: async () => {
    const { desktop } = await import('./edge/desktop.ts')
    return await desktop(args)
  },
  profiles: async () => {
    const { formatProfiles, PROFILES } = await import('./profiles/index.ts')
    process.stdout.write(args.includes('--json') ? `${JSON.stringify({ profiles: PROFILES })}\n` : formatProfiles())
    return 0
  },
  lockdown: async () => {
    const { parseLockdownRequest } = await import('./lockdown/request.ts')
    const { lockdown } = await import('./edge/lockdown.ts')
    return await lockdown(parseLockdownRequest(args), process.env['CORDON_ROOT'])
  },
  /** Started by `lockdown portal`, as a user of its own. */
  'portal-relay': async () => {
    const { servePortal } = await import('./edge/portal-relay.ts')
    return await servePortal(args[0] ?? '', args[1] ?? '')
  },
  leaktest: async () => {
    const { leaktest } = await import('./edge/leaktest.ts')
    const options = args.filter(arg => arg !== '--json')
    return await leaktest(options, options.length < args.length)
  },
}

async function main(): Promise<number> {
  const start = VERBS[verb ?? '']
  if (start === undefined) throw new Error(`no such verb: ${verb}`)
  return await start()
}

try {
  const status = await main()
  // A pipe takes 64 KiB at a time: what was printed must be taken before the end.
  process.stdout.write('', () => process.exit(status))
} catch (thrown) {
  process.stderr.write(formatFault(thrown))
  process.exit(exitStatusOf(thrown))
}

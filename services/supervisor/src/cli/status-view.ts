import type { AppStatus, PartStatus, Status } from '@cordon/shared/contracts'
import { formatClockSummary } from './clock-view.ts'
import { EXIT, type ExitStatus } from './complaint.ts'
import type { Mark, Palette } from './palette.ts'
import { formatBytes } from './quantity.ts'
import { formatTable } from './table.ts'
import { formatUpdatesSummary } from './updates-view.ts'

/** Said wherever the lab could be taken for Tor. */
export const LAB_WARNING = ' LAB: a private network on this machine, NOT Tor. Nobody is anonymous in it. '

const MARKS: Readonly<Record<Status['state'] | PartStatus['state'], Mark>> = {
  ready: 'good',
  starting: 'waiting',
  draining: 'waiting',
  degraded: 'bad',
  breached: 'bad',
  failed: 'bad',
  silent: 'bad',
  stopped: 'quiet',
  down: 'quiet',
}

/** A shape for each mark, so that colours are not all there is to tell them apart. */
const SHAPES: Readonly<Record<Mark, string>> = { good: '●', waiting: '◐', bad: '✗', quiet: '○', loud: '●' }

const bullet = (state: keyof typeof MARKS, palette: Palette): string => {
  const mark = MARKS[state]
  return palette(mark, SHAPES[mark])
}

/** The exit status of `cordon status`, so that a script need not read it. */
export function exitStatusOfState(state: Status['state']): ExitStatus {
  switch (state) {
    case 'ready':
      return EXIT.done
    case 'starting':
    case 'degraded':
      return EXIT.notReady
    case 'breached':
      return EXIT.breached
    case 'stopped':
      return EXIT.notRunning
  }
}

/** Report whether `cordon up` has done its work: all is ready, or what is missing is optional and will not be soon. */
export const hasSettled = ({ state, tor, parts }: Status): boolean =>
  state === 'ready' ||
  (state === 'degraded' &&
    tor.circuitEstablished &&
    parts.every(part => part.state === 'ready' || (part.optional && part.state !== 'starting')))

/** What `cordon status` says where nothing runs. */
export const stoppedStatus = (): Status => ({
  state: 'stopped',
  network: 'tor',
  tor: {
    version: null,
    progress: 0,
    phase: 'not running',
    circuitEstablished: false,
    trouble: null,
    cause: null,
    next: null,
  },
  parts: [],
  apps: [],
  audit: { verdict: 'unknown', drift: [] },
  clock: { state: 'untrusted', offsetMs: null, boundMs: null, at: null },
  updates: null,
  configurationTrouble: null,
})

/** Format the status for people: the whole, then a line a part, then a line an app. */
export function formatStatus(status: Status, palette: Palette): string {
  if (status.state === 'stopped') return `cordon is ${palette('quiet', 'stopped')}. Start it with: cordon up\n`
  const blocks = [
    ...(status.network === 'lab' ? [palette('loud', LAB_WARNING)] : []),
    `${bullet(status.state, palette)} cordon is ${palette(MARKS[status.state], status.state)} on ${status.network === 'lab' ? 'the LAB' : 'the Tor network'}`,
    ...formatTrouble(status),
    formatParts(status, palette),
    ...formatAudit(status, palette),
    [
      hasClock(status) ? formatClockSummary(status.clock, palette) : 'no clock: services in cordon.yaml leaves it out',
      ...formatUpdatesSummary(status.updates, palette),
    ].join('\n'),
    formatApps(status.apps, palette),
    ...(status.lab === undefined
      ? []
      : [`LAB onion service: ${status.lab.onion}\nLAB authority:     ${status.lab.authority}`]),
  ]
  return `${blocks.join('\n\n')}\n`
}

const hasClock = ({ parts }: Status): boolean => parts.some(({ name }) => name === 'clock')

function formatTrouble({ tor, network, configurationTrouble }: Status): readonly string[] {
  const lines = [
    ...(tor.cause === null ? [] : [`tor waits: ${tor.cause}`, ...(tor.next === null ? [] : [`  next: ${tor.next}`])]),
    ...(tor.cause === null || network === 'lab' ? [] : [`  ${TRY_LAB}`]),
    ...(configurationTrouble === null ? [] : ['the configuration has a mistake; the last good one stays live:']),
    ...(configurationTrouble === null ? [] : configurationTrouble.split('\n').map(line => `  ${line}`)),
  ]
  return lines.length === 0 ? [] : [lines.join('\n')]
}

/** Only what is wrong needs words. */
function formatAudit({ audit }: Status, palette: Palette): readonly string[] {
  const breached = audit.verdict === 'breached' ? ['a promise of isolation was seen broken: cordon audit'] : []
  const drift = audit.drift.map(what => `tor's configuration has drifted: ${what}`)
  const lines = [...breached, ...drift].map(line => `${palette('bad', '✗')} ${line}`)
  return lines.length === 0 ? [] : [lines.join('\n')]
}

/** How to try Cordon where Tor cannot be reached. */
export const TRY_LAB = 'To try Cordon without the Tor network: cordon up --lab'

function formatParts({ parts, tor }: Status, palette: Palette): string {
  const rows = parts.map(part => [
    `${bullet(part.state, palette)} ${part.name}`,
    palette(MARKS[part.state], part.state),
    part.pid === null ? '' : String(part.pid),
    part.detail ?? (part.name === 'tor' && tor.version !== null ? tor.version : ''),
  ])
  return formatTable(['  part', 'state', 'pid>', 'detail'], rows)
}

/** Format the apps as a table, and what Cordon itself asks for below them: nobody added that, and everybody pays for it. */
export function formatApps(apps: readonly AppStatus[], palette: Palette): string {
  const users = apps.filter(({ own }) => !own)
  const own = apps.filter(app => app.own)
  const controls = formatControls(users)
  const blocks = [
    users.length === 0
      ? 'No apps yet: cordon apps add NAME'
      : formatTable(
          ['app', 'port>', 'dns>', 'isolate', 'circuits', ...TRAFFIC, ''],
          users.map(app => [
            app.id,
            String(app.port),
            String(app.dnsPort ?? ''),
            app.isolate,
            app.circuitLife,
            ...trafficOf(app),
            remarkOn(app),
          ]),
        ),
    ...(controls === undefined ? [] : [dim(controls, palette)]),
    ...(own.length === 0
      ? []
      : [
          dim(
            formatTable(
              ['Cordon’s own', ...TRAFFIC, ''],
              own.map(app => [app.id, ...trafficOf(app), remarkOn(app)]),
            ),
            palette,
          ),
        ]),
  ]
  return blocks.join('\n\n')
}

/** Say where a new app is reached. */
export function formatAdded({ id, port, control }: AppStatus): string {
  const lines = [`${id} has port ${port} (socks5h://127.0.0.1:${port})`]
  if (control !== null) lines.push(`its share of tor’s control port is at ${placesOf(control)}`)
  return `${lines.join('\n')}\n`
}

const placesOf = ({ socket, port }: NonNullable<AppStatus['control']>): string =>
  port === null ? socket : `${socket} and 127.0.0.1:${port}`

function formatControls(apps: readonly AppStatus[]): string | undefined {
  const rows = apps.flatMap(({ id, control }) => (control === null ? [] : [[id, control.profile, placesOf(control)]]))
  return rows.length === 0 ? undefined : formatTable(['control port', 'profile', ''], rows)
}

const TRAFFIC = ['streams>', 'open>', 'read>', 'written>']

const trafficOf = ({ streams, circuits, bytesRead, bytesWritten }: AppStatus): readonly string[] => [
  String(streams),
  String(circuits),
  formatBytes(bytesRead),
  formatBytes(bytesWritten),
]

const remarkOn = ({ trouble, waitsFor }: AppStatus): string =>
  trouble ?? (waitsFor === null ? '' : `waits for the ${waitsFor}`)

const dim = (text: string, palette: Palette): string =>
  text
    .split('\n')
    .map(line => palette('quiet', line))
    .join('\n')

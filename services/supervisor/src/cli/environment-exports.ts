import type { AppStatus } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'

/** Programs look for either case; curl reads only the small `http_proxy`. */
const PROXY_VARIABLES = ['ALL_PROXY', 'all_proxy', 'HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'] as const

/** Exceptions would be ways around the app's port. */
const EXCEPTIONS = ['NO_PROXY', 'no_proxy'] as const

/** What `cordon env APP` says: variables to set, variables to take away. */
export interface EnvironmentExports {
  readonly set: Readonly<Record<string, string>>
  readonly unset: readonly string[]
}

/**
 * List the variables that lead a program to one app's port, and Tor Browser to its share of tor's control port.
 *
 * Throws a Fault `GW_APP_RESERVED` for one of Cordon's own apps, which has none. `socks5h` and not `socks5`: with the
 * latter a program resolves names itself, outside Tor.
 */
export function listExports({
  id,
  port,
  control,
}: Pick<AppStatus, 'id' | 'port'> & Partial<Pick<AppStatus, 'control'>>): EnvironmentExports {
  if (port === null) {
    throw new Fault('GW_APP_RESERVED', `${id} is Cordon's own and has no port for other programs`, {
      where: 'local',
      retry: 'never',
      next: 'Name an app of yours: see `cordon apps`.',
    })
  }
  const proxy = `socks5h://127.0.0.1:${port}`
  const set = Object.fromEntries(PROXY_VARIABLES.map(name => [name, proxy]))
  const browser = control?.profile === 'tor-browser' ? forTorBrowser(port, control.socket) : {}
  return { set: { ...set, ...browser }, unset: EXCEPTIONS }
}

/** Tor Browser's own variables: use the tor that runs, at this port, and show its circuits. */
const forTorBrowser = (port: number, controlSocket: string): Readonly<Record<string, string>> => ({
  TOR_SKIP_LAUNCH: '1',
  TOR_SOCKS_HOST: '127.0.0.1',
  TOR_SOCKS_PORT: String(port),
  TOR_CONTROL_IPC_PATH: controlSocket,
})

/** Format the variables for `eval "$(cordon env APP)"` in any POSIX shell. A path may need quotes. */
export function formatExports({ set, unset }: EnvironmentExports): string {
  const lines = Object.entries(set).map(([name, value]) => `export ${name}=${quoteIfNeeded(value)}`)
  return `${[...lines, `unset ${unset.join(' ')}`].join('\n')}\n`
}

const quoteIfNeeded = (value: string): string =>
  /^[\w./:@%+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`

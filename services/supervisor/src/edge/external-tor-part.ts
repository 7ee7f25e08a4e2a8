import type { ExternalTor } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { type ControlConnection, readFileBounded } from '@cordon/shared/runtime/edge'
import { getConf, parseGetConf, parseTorVersion } from '@cordon/shared/tor-control'
import { EXTERNAL_SETTINGS, listShortcomings } from '../tor/index.ts'
import type { PartDriver } from './part-driver.ts'
import { askTor, type TorWatch } from './tor-watch.ts'

const pathOf = (address: string): string => address.replace(/^unix:/, '')

/** Use a tor that somebody else runs: check that it isolates, follow it, never own it. */
export function driveExternalTor(external: ExternalTor, watch: TorWatch): PartDriver {
  return async reporter => {
    watch.reset()
    let over = false
    const end = (detail: string): void => {
      if (over) return
      over = true
      watch.reset()
      reporter.exited(detail)
    }
    const password = await readPassword(external.passwordFile)
    const connection = await watch.connect(pathOf(external.control), password, () =>
      end('its control connection broke'),
    )
    await checkExternalTor(connection, external).catch(cause => {
      over = true
      connection.close()
      throw cause
    })
    reporter.log('info', `uses the tor ${connection.torVersion} that somebody else runs`)
    const leave = (): void => {
      end('left')
      connection.close()
    }
    return {
      pid: null,
      check: () => askTor(connection),
      stop: () => setImmediate(leave),
      reload: () => {},
      kill: () => setImmediate(leave),
    }
  }
}

async function checkExternalTor(connection: ControlConnection, external: ExternalTor): Promise<void> {
  const settings = parseGetConf(await connection.send(getConf(['SocksPort', ...EXTERNAL_SETTINGS.keys()])))
  const version = parseTorVersion(connection.torVersion)?.numbers.join('.') ?? ''
  const lacks =
    'why' in settings
      ? ['its answer to GETCONF is malformed']
      : listShortcomings(
          {
            version,
            socksPorts: settings.flatMap(({ key, value }) => (key === 'SocksPort' && value ? [value.reveal()] : [])),
            settings: new Map(settings.map(({ key, value }) => [key, value?.reveal()])),
          },
          {
            socks: pathOf(external.socks),
            ...(external.socksShort === undefined ? {} : { short: pathOf(external.socksShort) }),
            ...(external.socksIpv6 === undefined ? {} : { ipv6: pathOf(external.socksIpv6) }),
          },
        )
  if (lacks.length === 0) return
  throw new Fault('TOR_EXTERNAL_UNFIT', `the external tor cannot be used: ${lacks.join('; ')}`, {
    where: 'tor',
    retry: 'after-waiting',
    next: 'Add this to its torrc and reload it; Cordon looks again by itself.',
  })
}

async function readPassword(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  const text = await readFileBounded(path, 4096).catch((cause: unknown) => {
    throw new Fault('CFG_UNREADABLE', `tor.external.passwordFile cannot be used: ${explain(cause)}`, {
      where: 'host',
      retry: 'never',
      next: 'Check its path, owner and mode.',
      cause,
    })
  })
  return text?.toString('utf8').replace(/\r?\n$/, '')
}

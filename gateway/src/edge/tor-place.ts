import type { Configuration, RuntimeLayout } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { readFileBounded } from '@cordon/shared/runtime/edge'

/** A password that a person typed is shorter. Arbitrary. */
const PASSWORD_MAX_BYTES = 1024

/** Where tor is: the supervisor's own, or one that somebody else runs. */
export interface TorPlace {
  readonly controlSocket: string
  /** By how long the circuits of an app live. */
  readonly socksSockets: Readonly<Record<'long' | 'short', string>>
  /** Where look-ups prefer IPv6; undefined where that tor has no such SocksPort. */
  readonly ipv6Socket: string | undefined
  readonly password: string | undefined
  /** Whether it may have other SocksPorts: only if it is somebody else's. */
  readonly others: 'allowed' | 'foreign'
}

/** Find tor as the configuration names it. Throws a Fault when its password cannot be read. */
export async function locateTor(configuration: Configuration, layout: RuntimeLayout): Promise<TorPlace> {
  const external = configuration.tor?.external
  if (external === undefined) {
    return {
      controlSocket: layout.torControlSocket,
      socksSockets: { long: layout.torSocksSocket, short: layout.torSocksShortSocket },
      ipv6Socket: layout.torSocksIpv6Socket,
      password: undefined,
      others: 'foreign',
    }
  }
  const { control, socks, socksShort, socksIpv6, passwordFile } = external
  return {
    controlSocket: pathOf(control),
    socksSockets: { long: pathOf(socks), short: pathOf(socksShort ?? socks) },
    ipv6Socket: socksIpv6 === undefined ? undefined : pathOf(socksIpv6),
    password: passwordFile === undefined ? undefined : await readPassword(passwordFile),
    others: 'allowed',
  }
}

/** The path of an address that the configuration's schema admits: `unix:/PATH`. */
const pathOf = (address: string): string => address.slice('unix:'.length)

async function readPassword(path: string): Promise<string> {
  const bytes = await readFileBounded(path, PASSWORD_MAX_BYTES)
  if (bytes !== undefined) return bytes.toString('utf8').replace(/\n$/, '')
  throw new Fault('CFG_UNREADABLE', `${path}, the passwordFile of the external tor, is not there`, {
    where: 'host',
    retry: 'never',
    next: 'Write the control password into it, readable for you alone.',
  })
}

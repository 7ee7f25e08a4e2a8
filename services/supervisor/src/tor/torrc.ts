import type { LabDescription, RuntimeLayout } from '@cordon/shared/contracts'
import { LOCKED_OPTIONS } from './locked-options.ts'
import { quotePath } from './torrc-value.ts'

/** All that Cordon's part of the torrc depends on. */
export interface TorrcInput {
  readonly layout: RuntimeLayout
  readonly dataDirectory: string
  /** The supervisor: tor ends when this process is gone (tor's manual, __OwningControllerProcess). */
  readonly ownerPid: number | undefined
  /** Lines for bridges, from {@link formatBridges}. */
  readonly bridgeLines: readonly string[]
  /** Lines for an upstream proxy, from {@link formatUpstreamProxy}. */
  readonly proxyLines: readonly string[]
  /** What a client of the lab needs; undefined on the Tor network. */
  readonly lab: Pick<LabDescription, 'dirAuthorities' | 'clientTorrc'> | undefined
}

/**
 * Format Cordon's torrc.
 *
 * tor reads it after the user's additions (`--defaults-torrc`), and an option here replaces all its lines there: also
 * lists, also `+SocksPort`, also `__SocksPort`, which shares its list with SocksPort (seen on 0.4.9.11).
 */
export function formatTorrc(input: TorrcInput): string {
  const { layout, lab } = input
  // RelaxDirModeCheck: the group may enter the directory of a socket that it may use.
  const [shared, cookie] = layout.access === 'group' ? [' GroupWritable RelaxDirModeCheck', '1'] : ['', '0']
  const socks = (path: string, flags: string): string => `SocksPort unix:${quotePath(path)} ${flags}${shared}`
  return `${[
    '# Written by Cordon at each start. Your own lines belong in the additions file.',
    // The lab's lines come first: the last line of an option counts, and none of the lab's may win over ours.
    ...(lab === undefined ? [] : [...lab.clientTorrc, ...lab.dirAuthorities]),
    `DataDirectory ${quotePath(input.dataDirectory)}`,
    `CacheDirectory ${quotePath(input.dataDirectory)}`,
    socks(layout.torSocksSocket, 'IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth ExtendedErrors'),
    socks(layout.torSocksShortSocket, 'IsolateSOCKSAuth ExtendedErrors'),
    // Without KeepAlive: what is looked up says nothing of how long an app keeps its circuits.
    socks(layout.torSocksIpv6Socket, 'IsolateSOCKSAuth ExtendedErrors PreferIPv6'),
    'SocksPolicy accept *',
    // ControlPort and not ControlSocket: only this one takes a quoted path.
    `ControlPort unix:${quotePath(layout.torControlSocket)}${shared}`,
    'CookieAuthentication 1',
    `CookieAuthFile ${quotePath(layout.torControlCookie)}`,
    `CookieAuthFileGroupReadable ${cookie}`,
    ...(input.ownerPid === undefined ? [] : [`__OwningControllerProcess ${input.ownerPid}`]),
    ...LOCKED_OPTIONS.flatMap(({ lines }) => lines),
    ...input.bridgeLines,
    ...input.proxyLines,
  ].join('\n')}\n`
}

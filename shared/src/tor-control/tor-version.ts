/** A version of tor (version-spec): MAJOR.MINOR.MICRO.PATCH[-STATUS]. */
export interface TorVersion {
  readonly numbers: readonly [major: number, minor: number, micro: number, patch: number]
  /** `alpha`, `rc`, `dev`, `alpha-dev`; undefined for a release. */
  readonly status: string | undefined
}

const VERSION =
  /^(?:Tor )?([0-9]{1,5})\.([0-9]{1,5})\.([0-9]{1,5})(?:\.([0-9]{1,5}))?(?:-([A-Za-z0-9.-]{1,32}))?(?: .*)?$/

/** Read what `GETINFO version`, PROTOCOLINFO or `tor --version` says, or return undefined. */
export function parseTorVersion(text: string): TorVersion | undefined {
  const [, major, minor, micro, patch = '0', status] = VERSION.exec(text) ?? []
  if (micro === undefined) return undefined
  return { numbers: [Number(major), Number(minor), Number(micro), Number(patch)], status }
}

/**
 * Report whether `version` is `floor` or newer.
 *
 * The status does not count: version-spec orders by the four numbers, and only the last release of a number has none.
 */
export function isAtLeast(version: TorVersion, floor: TorVersion): boolean {
  return rank(version) >= rank(floor)
}

/** Text that sorts as the version does: {@link VERSION} lets no number have more than five digits. */
const rank = ({ numbers }: TorVersion): string => numbers.map(number => String(number).padStart(5, '0')).join('.')

/** A relay as tor names it (control-spec 2.4, LongName). */
export interface Relay {
  /** Forty upper-case hexadecimal digits. */
  readonly fingerprint: string
  readonly nickname: string | undefined
}

// control-spec 2.4: LongName = "$" 40*HEXDIG [ ( "=" / "~" ) Nickname ], Nickname = 1*19 alphanumerics.
const LONG_NAME = /^\$([0-9A-Fa-f]{40})(?:[=~]([A-Za-z0-9]{1,19}))?$/

/** Read a relay's long name, or return undefined. */
export function parseRelay(text: string): Relay | undefined {
  const [, fingerprint, nickname] = LONG_NAME.exec(text) ?? []
  return fingerprint === undefined ? undefined : { fingerprint: fingerprint.toUpperCase(), nickname }
}

/** Read a circuit's path, first hop first (control-spec 4.1.1, Path), or return undefined. */
export function parsePath(text: string): readonly Relay[] | undefined {
  const path: Relay[] = []
  for (const name of text.split(',')) {
    const relay = parseRelay(name)
    if (relay === undefined) return undefined
    path.push(relay)
  }
  return path
}

import { type Malformed, malformed, type Sensitive, sensitive } from '../errors/index.ts'
import { OK, type Reply, type ReplyLine } from './reply.ts'

/** One option of tor's configuration. Undefined is its default. A value may be a bridge line, a path or a hash. */
export interface Setting {
  readonly key: string
  readonly value: Sensitive<string> | undefined
}

const SETTING = /^([A-Za-z0-9_.-]{1,128})(?:=(.*))?$/s

/** Read `KEY=VALUE` or `KEY` of each line (control-spec 3.3, 4.1.18). tor quotes nothing here. */
export function parseSettings(lines: readonly ReplyLine[]): readonly Setting[] | Malformed {
  const settings: Setting[] = []
  for (const { text, data } of lines) {
    const [, key, value] = SETTING.exec(text) ?? []
    if (key === undefined) return malformed('option line')
    const whole = data ?? value
    settings.push({ key, value: whole === undefined ? undefined : sensitive(whole) })
  }
  return settings
}

/** Read the answer to GETCONF (control-spec 3.3): an option that may stand several times has one entry for each. */
export function parseGetConf(reply: Reply): readonly Setting[] | Malformed {
  if (reply.status !== OK) return malformed('GETCONF status')
  // Asked for nothing, tor answers `250 OK`.
  if (reply.lines.length === 1 && reply.lines[0]?.text === 'OK') return []
  return parseSettings(reply.lines)
}

import { createHash } from 'node:crypto'
import type { Kept, RecordLine } from './recorder.ts'
import type { AuditView } from './verdict.ts'

/** Raised when a reader of the one before would judge otherwise. */
const VERSION = 1

/**
 * Give names out in order of appearance, one series a kind: the same thing has the same name in one record, and no
 * record says anything about another. A name follows from nothing that it stands for, so nothing can be recovered.
 */
class Labels {
  readonly #names = new Map<string, string>()
  readonly #counts = new Map<string, number>()

  of(kind: string, thing: string): string {
    const known = this.#names.get(`${kind} ${thing}`)
    if (known !== undefined) return known
    const count = (this.#counts.get(kind) ?? 0) + 1
    this.#counts.set(kind, count)
    this.#names.set(`${kind} ${thing}`, `${kind}${count}`)
    return `${kind}${count}`
  }

  /** User name and password apart: whose it is shows, also where the password is nobody's. */
  pair(pair: string): string {
    const [user = ''] = pair.split('\0', 1)
    return `${this.of('user', user)}.${this.of('pair', pair)}`
  }
}

/**
 * Format what was kept as a record that somebody else can check: one JSON object a line, each behind a hash over the
 * hash before it and itself. README.md of this room says what each line means.
 */
export function formatProof({ from, state, lines, violations }: Kept, view: AuditView, to: string): string {
  const labels = new Labels()
  const head = {
    type: 'record',
    version: VERSION,
    from,
    to,
    verdict: view.verdict,
    reasons: view.reasons,
    drift: view.drift,
    // Those that stand, and of those that were acknowledged what is of the time of the record.
    violations: [...new Set([...violations, ...view.violations])].map(({ kind, at, apps, circuits }) => ({
      kind,
      at,
      apps: apps.map(app => labels.of('app', app)),
      circuits,
    })),
  }
  const body = [
    ...state.map(line => labelled(line, labels)),
    { type: 'begin' },
    ...lines.map(line => labelled(line, labels)),
  ]
  return chain([head, ...body, { type: 'end', lines: body.length + 2 }])
}

function labelled(line: RecordLine, labels: Labels): object {
  switch (line.type) {
    case 'sent': {
      const { app, key, pair, waiting } = line
      const names = { app: labels.of('app', app), key: labels.of('key', key), credentials: labels.pair(pair) }
      return { type: 'sent', ...names, waiting }
    }
    case 'CIRC': {
      const { hops, conflux, carried, ...rest } = line
      return {
        ...rest,
        hops: hops?.map(hop => labels.of('relay', hop)),
        conflux: conflux === undefined ? undefined : labels.of('set', conflux),
        carried: carried?.map(pair => labels.pair(pair)),
      }
    }
    case 'STREAM': {
      const { pair, ...rest } = line
      return { ...rest, credentials: pair === undefined ? undefined : labels.pair(pair) }
    }
    case 'guards':
      return { type: 'guards', relays: line.relays.map(relay => labels.of('relay', relay)) }
    case 'lost':
    case 'found':
      return line
  }
}

function chain(objects: readonly object[]): string {
  let hash = ''
  let text = ''
  for (const object of objects) {
    const json = JSON.stringify(object)
    hash = createHash('sha256').update(`${hash}${json}`).digest('hex')
    text += `${hash} ${json}\n`
  }
  return text
}

import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A signing key as TUF names it: by the hash of its canonical form. */
export interface TufKey {
  readonly id: string
  readonly json: object
  readonly privateKey: KeyObject
}

export function makeTufKey(): TufKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')
  const json = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: raw } }
  return { id: hash(canonical(json)), json, privateKey }
}

const hash = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

/** Canonical JSON as TUF signs it: sorted keys, no space. Our values hold nothing that would need more. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join(',')}}`
}

export type Role = 'root' | 'timestamp' | 'snapshot' | 'targets'
const ROLES: readonly Role[] = ['root', 'timestamp', 'snapshot', 'targets']

/** What a role is set to; a test changes it and publishes. */
interface RoleState {
  keys: TufKey[]
  threshold: number
  version: number
  expires: string
}

/** A role that others delegate to. */
interface DelegatedRole {
  readonly key: TufKey
  readonly targets: Record<string, object>
  version: number
  expires: string
}

interface Delegation {
  readonly from: string
  readonly to: string
  readonly paths: readonly string[]
  readonly terminating: boolean
}

interface DelegationOptions {
  readonly targets?: Record<string, object>
  readonly terminating?: boolean
  /** Who delegates; the top-level targets where nobody is named. */
  readonly from?: string
}

/** A time as TUF writes it. */
export const inDays = (days: number): string =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 19)}Z`
export const LONG_AGO = '2020-01-01T00:00:00Z'

/** A TUF repository in memory, which a test leads astray on purpose. */
export class TufRepository {
  readonly roles: Record<Role, RoleState>
  readonly targets: Record<string, object> = {}
  readonly contents = new Map<string, Buffer>()
  readonly delegations: Delegation[] = []
  readonly delegated = new Map<string, DelegatedRole>()
  /** What is served, by path below the repository. */
  readonly served = new Map<string, Buffer>()
  isConsistent = true
  /** Whether timestamp and snapshot name lengths and hashes, which is optional (TUF 4.4 and 4.6). */
  namesHashes = true
  /** Signers of the next publication, where they are not the keys of the role. */
  readonly signers: Partial<Record<Role, TufKey[]>> = {}
  #first: Buffer

  constructor() {
    const state = (): RoleState => ({ keys: [makeTufKey()], threshold: 1, version: 1, expires: inDays(1) })
    this.roles = { root: state(), timestamp: state(), snapshot: state(), targets: state() }
    this.#first = this.publishRoot()
    this.publish()
  }

  /** The root that a client begins with. */
  get initialRoot(): Buffer {
    return this.#first
  }

  /** Add a target to the top-level role, or to one that is delegated to. */
  addTarget(name: string, content: string, custom: object = {}, role = 'targets'): void {
    const bytes = Buffer.from(content)
    this.contents.set(name, bytes)
    const { targets } = this.delegated.get(role) ?? this
    targets[name] = { length: bytes.length, hashes: { sha256: hash(bytes) }, custom }
  }

  delegate(
    to: string,
    paths: readonly string[],
    { targets = {}, terminating = false, from = 'targets' }: DelegationOptions = {},
  ): void {
    this.delegations.push({ from, to, paths, terminating })
    if (this.delegated.has(to)) return
    this.delegated.set(to, { key: makeTufKey(), targets, version: 1, expires: this.roles.targets.expires })
  }

  /** Sign and serve the root as it is set. */
  publishRoot(before: readonly TufKey[] = []): Buffer {
    const keys = Object.fromEntries(ROLES.flatMap(role => this.roles[role].keys.map(({ id, json }) => [id, json])))
    const roles = Object.fromEntries(
      ROLES.map(role => [
        role,
        { keyids: this.roles[role].keys.map(({ id }) => id), threshold: this.roles[role].threshold },
      ]),
    )
    const { version, expires } = this.roles.root
    const body = {
      _type: 'root',
      spec_version: '1.0.31',
      version,
      expires,
      consistent_snapshot: this.isConsistent,
      keys,
      roles,
    }
    const signers = new Map([...this.roles.root.keys, ...before].map(key => [key.id, key]))
    const signed = this.#sign(body, this.signers.root ?? [...signers.values()])
    this.served.set(`metadata/${version}.root.json`, signed)
    return signed
  }

  /** Change the root, and sign it by the old keys and the new ones. */
  rotateRoot(change: () => void): void {
    const before = this.roles.root.keys
    change()
    this.roles.root.version += 1
    this.publishRoot(before)
  }

  /** Sign and serve targets, snapshot and timestamp, those that are `raised` of the next version. */
  publish(raised: readonly Role[] = ['targets', 'snapshot', 'timestamp']): void {
    for (const role of raised) this.roles[role].version += 1
    const meta: Record<string, object> = {}
    const put = (name: string, version: number, body: Buffer): void => {
      const file = encodeURIComponent(name)
      this.served.set(`metadata/${this.isConsistent ? `${version}.` : ''}${file}.json`, body)
      const content = this.namesHashes ? { length: body.length, hashes: { sha256: hash(body) } } : {}
      meta[`${name}.json`] = { version, ...content }
    }
    for (const [name, { key, version, expires, targets }] of this.delegated) {
      const body = { _type: 'targets', spec_version: '1.0.31', version, expires, targets, ...this.#delegationsOf(name) }
      put(name, version, this.#sign(body, [key]))
    }
    const targets = this.#signRole('targets', { targets: this.targets, ...this.#delegationsOf('targets') })
    put('targets', this.roles.targets.version, targets)
    put('snapshot', this.roles.snapshot.version, this.#signRole('snapshot', { meta: { ...meta } }))
    const of = meta['snapshot.json']
    this.served.set('metadata/timestamp.json', this.#signRole('timestamp', { meta: { 'snapshot.json': of } }))
    for (const [name, content] of this.contents) {
      this.served.set(`targets/${name}`, content)
      this.served.set(`targets/${name.replace(/[^/]+$/, last => `${hash(content)}.${last}`)}`, content)
    }
  }

  /** Change what is served at a path, and sign it anew by the keys of `role`. */
  rewrite(path: string, role: Role, change: (signed: Record<string, unknown>) => void): void {
    const { signed } = JSON.parse(this.served.get(path)?.toString() ?? '') as { signed: Record<string, unknown> }
    change(signed)
    this.served.set(path, this.#sign(signed, this.roles[role].keys))
  }

  #delegationsOf(from: string): object {
    const ours = this.delegations.filter(one => one.from === from)
    if (ours.length === 0) return {}
    const keyOf = (name: string): TufKey => (this.delegated.get(name) as DelegatedRole).key
    return {
      delegations: {
        keys: Object.fromEntries(ours.map(({ to }) => [keyOf(to).id, keyOf(to).json])),
        roles: ours.map(({ to, paths, terminating }) => ({
          name: to,
          keyids: [keyOf(to).id],
          threshold: 1,
          terminating,
          paths,
        })),
      },
    }
  }

  #signRole(role: Role, fields: object): Buffer {
    const { keys, version, expires } = this.roles[role]
    return this.#sign({ _type: role, spec_version: '1.0.31', version, expires, ...fields }, this.signers[role] ?? keys)
  }

  #sign(signed: object, keys: readonly TufKey[]): Buffer {
    const text = Buffer.from(canonical(signed))
    const signatures = keys.map(({ id, privateKey }) => ({
      keyid: id,
      sig: sign(null, text, privateKey).toString('hex'),
    }))
    return Buffer.from(JSON.stringify({ signed, signatures }))
  }
}

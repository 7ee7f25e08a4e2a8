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

type Role = 'root' | 'timestamp' | 'snapshot' | 'targets'
const ROLES: readonly Role[] = ['root', 'timestamp', 'snapshot', 'targets']

/** What a role is set to; a test changes it and publishes. */
interface RoleState {
  keys: TufKey[]
  threshold: number
  version: number
  expires: string
}

interface Delegation {
  readonly name: string
  readonly key: TufKey
  readonly paths: readonly string[]
  readonly targets: Record<string, object>
  readonly terminating?: boolean
  version: number
}

const IN_A_DAY = (): string => `${new Date(Date.now() + 86_400_000).toISOString().slice(0, 19)}Z`
export const LONG_AGO = '2020-01-01T00:00:00Z'

/** A TUF repository in memory, which a test leads astray on purpose. */
export class TufRepository {
  readonly roles: Record<Role, RoleState>
  readonly targets: Record<string, object> = {}
  readonly contents = new Map<string, Buffer>()
  readonly delegations: Delegation[] = []
  /** What is served, by path below the repository. */
  readonly served = new Map<string, Buffer>()
  isConsistent = true
  /** Signers of the next publication, where they are not the keys of the role. */
  readonly signers: Partial<Record<Role, TufKey[]>> = {}
  #first: Buffer

  constructor() {
    const state = (): RoleState => ({ keys: [makeTufKey()], threshold: 1, version: 1, expires: IN_A_DAY() })
    this.roles = { root: state(), timestamp: state(), snapshot: state(), targets: state() }
    this.#first = this.publishRoot()
    this.publish()
  }

  /** The root that a client begins with. */
  get initialRoot(): Buffer {
    return this.#first
  }

  addTarget(name: string, content: string, custom: object = {}): void {
    const bytes = Buffer.from(content)
    this.contents.set(name, bytes)
    this.targets[name] = { length: bytes.length, hashes: { sha256: hash(bytes) }, custom }
  }

  delegate(name: string, paths: readonly string[], targets: Record<string, object>, terminating = false): void {
    this.delegations.push({ name, key: makeTufKey(), paths, targets, terminating, version: 1 })
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
    const signed = this.#sign(body, this.signers.root ?? [...this.roles.root.keys, ...before])
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

  /** Sign and serve targets, snapshot and timestamp, each of the next version. */
  publish(): void {
    const { targets, snapshot, timestamp } = this.roles
    for (const role of [targets, snapshot, timestamp]) role.version += 1
    const meta: Record<string, object> = {}
    const put = (name: string, role: { version: number }, body: Buffer): void => {
      this.served.set(`metadata/${this.isConsistent ? `${role.version}.` : ''}${name}.json`, body)
      meta[`${name}.json`] = { version: role.version, length: body.length, hashes: { sha256: hash(body) } }
    }
    for (const one of this.delegations) {
      const body = {
        _type: 'targets',
        spec_version: '1.0.31',
        version: one.version,
        expires: targets.expires,
        targets: one.targets,
      }
      put(one.name, one, this.#sign(body, [one.key]))
    }
    const delegations = {
      keys: Object.fromEntries(this.delegations.map(({ key }) => [key.id, key.json])),
      roles: this.delegations.map(({ name, key, paths, terminating }) => ({
        name,
        keyids: [key.id],
        threshold: 1,
        terminating,
        paths,
      })),
    }
    put(
      'targets',
      targets,
      this.#signRole('targets', { targets: this.targets, ...(this.delegations.length > 0 ? { delegations } : {}) }),
    )
    const snapshotBody = this.#signRole('snapshot', { meta: { ...meta } })
    put('snapshot', snapshot, snapshotBody)
    const of = meta['snapshot.json']
    this.served.set('metadata/timestamp.json', this.#signRole('timestamp', { meta: { 'snapshot.json': of } }))
    for (const [name, content] of this.contents) {
      this.served.set(`targets/${name}`, content)
      this.served.set(`targets/${name.replace(/[^/]+$/, last => `${hash(content)}.${last}`)}`, content)
    }
  }

  #signRole(role: Role, fields: object): Buffer {
    const { keys, version, expires } = this.roles[role]
    return this.#sign({ _type: role, spec_version: '1.0.31', version, expires, ...fields }, this.signers[role] ?? keys)
  }

  #sign(signed: object, keys: readonly TufKey[]): Buffer {
    const text = Buffer.from(canonical(signed))
    const unique = [...new Map(keys.map(key => [key.id, key])).values()]
    const signatures = unique.map(({ id, privateKey }) => ({
      keyid: id,
      sig: sign(null, text, privateKey).toString('hex'),
    }))
    return Buffer.from(JSON.stringify({ signed, signatures }))
  }
}

import { createHash } from 'node:crypto'
import type { AppSettings } from '@cordon/shared/contracts'
import {
  type AppCredentials,
  type AppId,
  type AppTag,
  deriveSocksCredentials,
  encodeIsolationKey,
  FIRST_NYM_EPOCH,
  type IsolationKey,
  type IsolationScope,
  type NymEpoch,
  raiseNymEpoch,
  type SocksCredentials,
} from '@cordon/shared/isolation'
import { type AppRequest, hostOf } from './app-request.ts'

/** What a request is sent with. */
export interface Isolated {
  readonly credentials: SocksCredentials
  /** The isolation key itself, as a digest: made apart from the credentials, so that the audit can hold one against the other. */
  readonly key: string
}

/** Isolation keys whose credentials are remembered. Above what a browser has open at a time; arbitrary. */
const MOST_REMEMBERED = 4096

/** Who an app is towards tor: its tag for this run of the gateway, and its nym epoch. */
export class AppIdentity {
  readonly app: AppId
  readonly tag: AppTag
  readonly #secret: Uint8Array
  #nymEpoch: NymEpoch = FIRST_NYM_EPOCH
  /** Newest last, so that an app can be told of its streams in its own words. */
  readonly #sent = new Map<string, AppCredentials>()
  #streams = 0
  /** The newest key and its credentials: most streams of an app have the key of the one before. */
  #newest: (Isolated & { readonly encoded: string }) | undefined

  constructor(app: AppId, tag: AppTag, secret: Uint8Array) {
    this.app = app
    this.tag = tag
    this.#secret = secret
  }

  get nymEpoch(): NymEpoch {
    return this.#nymEpoch
  }

  /** Begin a new identity: no later stream shares a circuit with an earlier one. */
  renew(): NymEpoch {
    this.#nymEpoch = raiseNymEpoch(this.#nymEpoch)
    return this.#nymEpoch
  }

  /** Tell what the app itself sent with a stream, by the password that tor was sent for it; undefined once forgotten. */
  credentialsOf(password: string): AppCredentials | undefined {
    return this.#sent.get(password)
  }

  /** Give the credentials by which tor keeps this request apart from all that it may not share a circuit with. */
  isolate(request: AppRequest, isolate: NonNullable<AppSettings['isolate']>): Isolated {
    this.#streams += 1
    const key: IsolationKey = {
      app: this.app,
      nymEpoch: this.#nymEpoch,
      credentials: request.credentials,
      scope: scopeOf(request, isolate, this.#streams),
    }
    const encoded = Buffer.from(encodeIsolationKey(key)).toString('latin1')
    if (this.#newest?.encoded === encoded) return this.#newest
    const credentials = deriveSocksCredentials(this.#secret, this.tag, key)
    if (request.credentials !== undefined) this.#remember(credentials.password, request.credentials)
    this.#newest = { encoded, credentials, key: createHash('sha256').update(encoded, 'latin1').digest('base64url') }
    return this.#newest
  }

  #remember(password: string, sent: AppCredentials): void {
    this.#sent.set(password, sent)
    const [oldest] = this.#sent.keys()
    if (this.#sent.size > MOST_REMEMBERED && oldest !== undefined) this.#sent.delete(oldest)
  }
}

function scopeOf(request: AppRequest, isolate: AppSettings['isolate'], serial: number): IsolationScope {
  switch (isolate) {
    case 'host':
      return { type: 'host', host: hostOf(request.target) }
    case 'stream':
      return { type: 'stream', serial }
    case 'app':
    case undefined:
      return { type: 'app' }
  }
}

import type { AppSettings } from '@cordon/shared/contracts'
import {
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

/** Who an app is towards tor: its tag for this run of the gateway, and its nym epoch. */
export class AppIdentity {
  readonly app: AppId
  readonly tag: AppTag
  readonly #secret: Uint8Array
  #nymEpoch: NymEpoch = FIRST_NYM_EPOCH
  #streams = 0
  /** The newest key and its credentials: most streams of an app have the key of the one before. */
  #newest: { readonly key: string; readonly credentials: SocksCredentials } | undefined

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

  /** Give the credentials by which tor keeps this request apart from all that it may not share a circuit with. */
  isolate(request: AppRequest, isolate: NonNullable<AppSettings['isolate']>): SocksCredentials {
    this.#streams += 1
    const key: IsolationKey = {
      app: this.app,
      nymEpoch: this.#nymEpoch,
      credentials: request.credentials,
      scope: scopeOf(request, isolate, this.#streams),
    }
    const encoded = Buffer.from(encodeIsolationKey(key)).toString('latin1')
    if (this.#newest?.key === encoded) return this.#newest.credentials
    const credentials = deriveSocksCredentials(this.#secret, this.tag, key)
    this.#newest = { key: encoded, credentials }
    return credentials
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

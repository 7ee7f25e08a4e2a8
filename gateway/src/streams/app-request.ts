import type { AppCredentials } from '@cordon/shared/isolation'
import type { SocksCommand, Target } from '@cordon/shared/socks'

/** What an app port speaks. */
export type AppProtocol = 'socks4' | 'socks5' | 'http'

/** What an app asked for, whichever protocol it spoke. Target and credentials are the app's own and never written. */
export interface AppRequest {
  readonly protocol: AppProtocol
  readonly command: SocksCommand
  readonly target: Target
  readonly port: number
  readonly credentials: AppCredentials | undefined
}

/** The host of a target as text, without brackets. */
export const hostOf = (target: Target): string => (target.type === 'name' ? target.name : target.address)

import { hostname } from 'node:os'
import type { Telemetry } from '@cordon/shared/telemetry'
import type { LiveSettings } from './live-settings.ts'
import type { Faults, SessionSettings, StreamAudit } from './session.ts'
import type { TorPlace } from './tor-place.ts'

export interface SessionSettingsOptions {
  readonly settings: LiveSettings
  readonly tor: TorPlace
  readonly audit: StreamAudit
  readonly faults: Faults | undefined
  readonly telemetry: Telemetry
  hasRoom(): boolean
  isClockTrusted(): boolean
}

/** Give what sessions need to know of the gateway; asked at each connection, it says what holds then. */
export function readSessionSettings(options: SessionSettingsOptions): () => SessionSettings {
  const { settings, tor, audit, faults = {}, telemetry, hasRoom, isClockTrusted } = options
  const machineNames = new Set([hostname().toLowerCase()])
  return () => ({
    handshakeMs: settings.limits.handshakeSeconds * 1000,
    connectMs: settings.limits.connectSeconds * 1000,
    handshakesPerApp: settings.limits.handshakesPerApp,
    streamsPerApp: settings.limits.streamsPerApp,
    hasRoom,
    isClockTrusted,
    socksSocket: (circuits, command) => (command === 'resolve-ipv6' ? tor.ipv6Socket : tor.socksSockets[circuits]),
    machineNames,
    audit,
    faults,
    telemetry,
  })
}

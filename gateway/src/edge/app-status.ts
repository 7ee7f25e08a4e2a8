import type { AppStatus } from '@cordon/shared/contracts'
import type { LiveApp } from './live-app.ts'

/** Describe one app for the admin API. */
export function describeApp(
  app: LiveApp,
  more: {
    readonly socket: string
    readonly controlSocket: string
    readonly dnsTrouble: string | undefined
    readonly circuits: number
    readonly trouble: string | undefined
    readonly clockIsTrusted: boolean
    /** Whether dns runs at all. */
    readonly hasDns: boolean
  },
): AppStatus {
  const { id, port, settings, declaredIn } = app.declared
  const dnsPort = more.hasDns ? app.declared.dnsPort : null
  const { read, written } = app.bytes
  return {
    id,
    own: declaredIn === 'cordon',
    port,
    dnsPort,
    dnsTrouble: dnsPort === null ? null : (more.dnsTrouble ?? null),
    socket: more.socket,
    control:
      settings.control === undefined
        ? null
        : { profile: settings.control, socket: more.controlSocket, port: settings.controlPort ?? null },
    isolate: settings.isolate,
    circuitLife: settings.circuits,
    declaredIn,
    nymEpoch: app.identity.nymEpoch,
    streams: app.sessions.size,
    circuits: more.circuits,
    bytesRead: read,
    bytesWritten: written,
    waitsFor: settings.hold === 'clock' && !more.clockIsTrusted ? 'clock' : null,
    trouble: more.trouble ?? null,
  }
}

import { type Static, Type } from '../schema/index.ts'

/** The services that a person may do without: the traffic of apps passes without them. */
export const SERVICES = ['dns', 'clock', 'updates'] as const
export type Service = (typeof SERVICES)[number]

const SERVICE = Type.Enum([...SERVICES], { description: `one of ${SERVICES.join(', ')}` })

/** Which services run. */
export const SERVICES_SETTING = Type.Array(SERVICE, {
  maxItems: SERVICES.length,
  description: `a list of ${SERVICES.join(', ')}; empty for none`,
})

/** Fill in the services: all of them. */
export const completeServices = (services: Static<typeof SERVICES_SETTING> | undefined): readonly Service[] =>
  services ?? SERVICES

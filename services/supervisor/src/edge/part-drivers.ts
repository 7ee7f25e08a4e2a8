import {
  completeServices,
  type ExternalTor,
  PART_NAMES,
  type PartName,
  type RuntimeLayout,
  SERVICES,
} from '@cordon/shared/contracts'
import { driveExternalTor } from './external-tor-part.ts'
import type { Instance } from './instance.ts'
import { driveLab } from './lab-part.ts'
import { driveOwnPart } from './own-part.ts'
import { OWN_PARTS } from './own-parts.ts'
import type { PartDriver } from './part-driver.ts'
import { driveRedis } from './redis-part.ts'
import { driveTor } from './tor-part.ts'
import type { TorWatch } from './tor-watch.ts'
import { driveWatchedPart } from './watched-part.ts'

/**
 * Choose the parts that an instance has, and what starts each. What the configuration names is not started, and in
 * system mode nothing is: there each part has a user and a starter of its own. Services that are left out are nobody's.
 */
export function choosePartDrivers(instance: Instance, watch: TorWatch): ReadonlyMap<PartName, PartDriver> {
  const drivers = driveAll(instance, watch)
  const { redis, services } = instance.configuration
  if (redis !== undefined) drivers.delete('redis')
  for (const service of SERVICES) if (!completeServices(services).includes(service)) drivers.delete(service)
  return drivers
}

function driveAll(instance: Instance, watch: TorWatch): Map<PartName, PartDriver> {
  const { configuration, labDirectory, layout } = instance
  const drivers = new Map<PartName, PartDriver>()
  if (labDirectory !== undefined) drivers.set('lab', driveLab(instance, labDirectory))
  const external = configuration.tor?.external
  // The lab brings its own network, which an external tor is not part of.
  const useExternal = external !== undefined && labDirectory === undefined
  if (layout.access === 'group') {
    drivers.set('tor', driveExternalTor(useExternal ? external : ownTor(layout), watch))
    const others = PART_NAMES.filter(part => !drivers.has(part) && part !== 'lab')
    for (const part of others) drivers.set(part, driveWatchedPart(part, layout))
    return drivers
  }
  drivers.set('tor', useExternal ? driveExternalTor(external, watch) : driveTor(instance, watch))
  drivers.set('redis', driveRedis(instance))
  for (const part of OWN_PARTS) drivers.set(part.name, driveOwnPart(instance, part))
  return drivers
}

/** Cordon's own tor, which somebody else started. */
const ownTor = ({ torControlSocket, torSocksSocket, torSocksShortSocket }: RuntimeLayout): ExternalTor => ({
  control: `unix:${torControlSocket}`,
  socks: `unix:${torSocksSocket}`,
  socksShort: `unix:${torSocksShortSocket}`,
})

import { type NetworkWishes, planDevices, planRules6 } from '../confine/inner-network.ts'
import type { InsidePrograms } from '../confine/inside-message.ts'
import { formatRuleset } from '../confine/ruleset.ts'
import { runInside } from './run-inside.ts'

/** Lay devices and routes in the network namespace that we are in. */
export async function layDevices({ ip }: Pick<InsidePrograms, 'ip'>, wishes: NetworkWishes): Promise<void> {
  const batch = (family: readonly string[], lines: readonly string[]): Promise<void> =>
    runInside(ip, [...family, '-batch', '-'], `${lines.join('\n')}\n`)
  await Promise.all([batch([], planDevices(wishes)), ...(wishes.ipv6 ? [batch(['-6'], planRules6(wishes))] : [])])
}

/** Lay the rules in the network namespace that we are in. They name devices, and need none. */
export const layRules = async ({ nft }: Pick<InsidePrograms, 'nft'>, wishes: NetworkWishes): Promise<void> =>
  await runInside(nft, ['-f', '-'], formatRuleset(wishes))

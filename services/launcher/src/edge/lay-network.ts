import { existsSync } from 'node:fs'
import { DECOY_CHOICES, type NetworkWishes, planAddresses, planRules6 } from '../confine/inner-network.ts'
import type { InsidePrograms, LayingStep } from '../confine/inside-message.ts'
import { formatRuleset } from '../confine/ruleset.ts'
import { runInside } from './run-inside.ts'

/** What the network needs. */
interface NetworkOutfit {
  readonly network: NetworkWishes
  readonly programs: Pick<InsidePrograms, 'ip' | 'nft'>
}

/** Lay devices, routes and rules in the network namespace that we are in. Report whether it has IPv6. */
export function layNetwork({ network, programs }: NetworkOutfit, enter: (step: LayingStep) => void): boolean {
  // Missing with ipv6.disable=1, and then no line about IPv6 is understood.
  const ipv6 = network.ipv6 && existsSync('/proc/self/net/if_inet6')
  const wishes = { ...network, ipv6 }
  const batch = (family: readonly string[], lines: readonly string[]): void =>
    runInside(programs.ip, [...family, '-batch', '-'], `${lines.join('\n')}\n`)
  enter('devices')
  layDecoy(lines => batch([], lines))
  batch([], planAddresses(wishes))
  if (ipv6) batch(['-6'], planRules6(wishes))
  enter('rules')
  runInside(programs.nft, ['-f', '-'], formatRuleset(wishes))
  return ipv6
}

/** Make the decoy in the first way that this kernel knows. */
function layDecoy(batch: (lines: readonly string[]) => void): void {
  const [last, ...others] = DECOY_CHOICES.toReversed()
  for (const lines of others.toReversed()) {
    try {
      batch(lines)
      return
    } catch {
      // A kernel without the dummy device; what the last choice says is told.
    }
  }
  if (last !== undefined) batch(last)
}

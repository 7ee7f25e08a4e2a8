import type { Status } from '@cordon/shared/contracts'

/** Format the status as one line, for a pipe that is told of changes. */
export function formatStatusLine({ state, network, parts, apps, tor }: Status): string {
  const where = network === 'lab' ? ' on the LAB' : ''
  const total = (of: 'streams' | 'circuits'): number => apps.reduce((sum, app) => sum + app[of], 0)
  const counts = `${apps.filter(({ own }) => !own).length} apps, ${total('streams')} streams, ${total('circuits')} circuits`
  return [
    `${state}${where}`,
    ...parts.map(part => `${part.name} ${part.state}`),
    ...(tor.cause === null ? [] : [`tor waits: ${tor.cause}`]),
    ...(parts.length === 0 ? [] : [counts]),
  ].join('; ')
}

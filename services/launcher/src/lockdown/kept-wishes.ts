import { type LockdownRequest, parseLockdownRequest } from './request.ts'

/** Write down what a machine is locked to, as the words of the command that would do it again. */
export function formatWishes(request: LockdownRequest, torUid: number): string {
  const { relaysOnly, consensus, bridges, allowLan, owned } = request
  const words = [
    `--tor-user=${torUid}`,
    ...(relaysOnly ? ['--relays-only'] : []),
    ...(consensus === undefined ? [] : [`--consensus=${consensus}`]),
    ...bridges.map(({ family, address, port }) =>
      family === 'ipv6' ? `--bridge=[${address}]:${port}` : `--bridge=${address}:${port}`,
    ),
    ...(allowLan ? ['--allow-lan'] : []),
    ...owned.map(({ port, uid }) => `--owned=${port}:${uid}`),
  ]
  return `${JSON.stringify(words)}\n`
}

/** Read what {@link formatWishes} wrote, or return undefined for anything else. */
export function parseWishes(text: string): LockdownRequest | undefined {
  try {
    const words: unknown = JSON.parse(text)
    return Array.isArray(words) ? parseLockdownRequest(['on', ...words.map(String)]) : undefined
  } catch {
    return undefined
  }
}

import { Fault } from '@cordon/shared/errors'
import { isLabAddress } from './reachable-in-lab.ts'

/** User name and password for the upstream proxy. */
export interface ProxyCredentials {
  readonly user: string
  readonly password: string
}

/** Credentials as their file gives them: a line with the user name, a line with the password. RFC 1929: 255 bytes each. */
export function parseProxyCredentials(text: string): ProxyCredentials {
  const [user = '', password = '', ...rest] = text.replace(/\r?\n$/, '').split(/\r?\n/)
  const fits = (word: string): boolean => /^[!-~]+$/.test(word) && word.length <= 255 && !/["\\#]/.test(word)
  if (rest.length === 0 && fits(user) && fits(password)) return { user, password }
  throw new Fault('TOR_PROXY_CREDENTIALS', 'the file of the upstream proxy does not hold a user name and a password', {
    where: 'host',
    retry: 'never',
    next: 'Write two lines: the user name, then the password; printable ASCII without spaces, quotes, # or backslashes.',
  })
}

/** Format the torrc lines for an upstream proxy (`socks5://HOST:PORT` and the like); none inside the lab's reach. */
export function formatUpstreamProxy(
  url: string | undefined,
  credentials: ProxyCredentials | undefined,
  inLab: boolean,
): readonly string[] {
  const [, scheme = '', host = '', port = ''] = /^([a-z0-9]+):\/\/(.+):([0-9]+)$/.exec(url ?? '') ?? []
  if (scheme === '' || (inLab && !isLabAddress(host))) return []
  const address = `${host}:${port}`
  switch (scheme) {
    case 'socks4':
      return [`Socks4Proxy ${address}`]
    case 'socks5':
      return [
        `Socks5Proxy ${address}`,
        ...(credentials === undefined
          ? []
          : [`Socks5ProxyUsername ${credentials.user}`, `Socks5ProxyPassword ${credentials.password}`]),
      ]
    default:
      return [
        `HTTPSProxy ${address}`,
        ...(credentials === undefined ? [] : [`HTTPSProxyAuthenticator ${credentials.user}:${credentials.password}`]),
      ]
  }
}

import { usage } from './complaint.ts'

/** A file to write, and what to do then. Cordon prints both and touches neither. */
export interface DnsSetup {
  readonly path: string
  readonly content: string
  readonly steps: readonly string[]
}

/** Programs that answer the names of a whole desktop, and how each is led to one app's resolver. */
const SETUPS: Readonly<Record<string, (app: string, port: number) => DnsSetup>> = {
  resolved: (app, port) => ({
    path: '/etc/systemd/resolved.conf.d/cordon.conf',
    // `~.` leads every name to these servers; what a network brings along is asked for its own domains still.
    content: `# Names of the whole desktop are asked of Cordon's app ${app}.
[Resolve]
DNS=127.0.0.1:${port}
FallbackDNS=
Domains=~.
DNSSEC=no
DNSOverTLS=no
LLMNR=no
MulticastDNS=no
Cache=no
`,
    steps: ['systemctl restart systemd-resolved', ...IGNORE_NETWORK],
  }),
  networkmanager: (app, port) => ({
    path: '/etc/NetworkManager/dnsmasq.d/cordon.conf',
    content: `# Names of the whole desktop are asked of Cordon's app ${app}.
no-resolv
server=127.0.0.1#${port}
cache-size=0
`,
    steps: [
      "printf '[main]\\ndns=dnsmasq\\n' > /etc/NetworkManager/conf.d/cordon.conf",
      'systemctl restart NetworkManager',
      ...IGNORE_NETWORK,
    ],
  }),
}

/** Servers that DHCP names would be asked beside ours. */
const IGNORE_NETWORK = [
  'nmcli connection modify CONNECTION ipv4.ignore-auto-dns yes ipv6.ignore-auto-dns yes   # each one that you use',
]

/** Describe how `tool` is led to the resolver of one app; throws a Fault for a tool that is not known. */
export function describeDnsSetup(tool: string, app: string, port: number): DnsSetup {
  const describe = Object.hasOwn(SETUPS, tool) ? SETUPS[tool] : undefined
  if (describe !== undefined) return describe(app, port)
  throw usage(`there is no setup for that; there is for ${Object.keys(SETUPS).join(', ')}`)
}

/** Format a setup as a person follows it. */
export function formatDnsSetup({ path, content, steps }: DnsSetup, app: string): string {
  const lines = steps.map(step => `  ${step}\n`).join('')
  return `Write this to ${path}:

${content}
Then, as root:

${lines}
To have \`cordon doctor\` look whether something bypasses it, add to cordon.yaml:

dns:
  desktop: ${app}
`
}

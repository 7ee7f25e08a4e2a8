/** Where the rules are kept for the next start of the machine, with what was asked for, and the unit that loads them. */
export const LOCKDOWN_FILES = {
  rules: '/etc/cordon/lockdown.nft',
  wishes: '/etc/cordon/lockdown.json',
  unit: '/etc/systemd/system/cordon-lockdown.service',
  wanted: '/etc/systemd/system/sysinit.target.wants/cordon-lockdown.service',
} as const

/**
 * Format the unit that loads the rules before any network is there.
 *
 * It has no ExecStop: stopping it, or the supervisor, opens nothing.
 */
export const formatUnit = (nft: string): string => `[Unit]
Description=Cordon lockdown: nothing but tor reaches the outside
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target sysinit.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${nft} -f ${LOCKDOWN_FILES.rules}

[Install]
WantedBy=sysinit.target
`

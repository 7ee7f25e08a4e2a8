import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stage } from './scenarios.ts'

/** What is set up wrongly is refused at the start, with what to do about it. */
export function showBadInput({ project, report }: Stage): void {
  const start = (part: string, user: string, mounts: readonly string[]): string => {
    const own = ['/tmp', '/var/lib/cordon'].flatMap(path => ['--tmpfs', `${path}:mode=1777`])
    const closed = ['run', '--rm', '--network', 'none', '--read-only', '--cap-drop', 'ALL', '--user', user]
    const { status, stdout, stderr } = project.docker(...closed, ...own, ...mounts, 'cordon/part:local', 'part', part)
    return `${stdout}${stderr}${status === 0 ? 'it started' : ''}`
  }
  const socketsOf = (part: string, options: string): readonly string[] => ['--tmpfs', `/run/cordon/${part}:${options}`]
  const secret = writeConfiguration(
    'redis: { socket: /run/cordon/redis/redis.sock, passwordFile: /etc/cordon/password }',
  )
  const broken = writeConfiguration('apps: { Mail: {} }')
  const locked = writeConfiguration('', 0o600)
  try {
    for (const [what, said, wanted] of [
      [
        'sockets that are open to all',
        start('redis', '7702:7702', socketsOf('redis', 'uid=7702,gid=7702,mode=2755')),
        /is open to everybody\s+next: Make it a directory of this user and the group .* mode 2750/,
      ],
      [
        'a secret that is not there',
        start('clock', '7705:7700', [...socketsOf('clock', 'uid=7705,gid=7700,mode=2750'), ...secret.mount]),
        /there is no passwordFile at its path.*next: .*name files that exist/s,
      ],
      ['a configuration that it may not read', start('redis', '7702:7702', locked.mount), /cannot be read .*next: /s],
      [
        'a configuration with a mistake',
        start('redis', '7702:7702', broken.mount),
        /cordon\.yaml line 1: apps\.Mail.*next: /s,
      ],
    ] as const)
      report.check(`${what}: refused with the next step`, wanted.test(said), said)
  } finally {
    for (const { directory } of [secret, broken, locked]) rmSync(directory, { recursive: true })
  }
}

/** Write a cordon.yaml, and tell how a container is given it. */
function writeConfiguration(text: string, mode = 0o644): { directory: string; mount: readonly string[] } {
  const directory = mkdtempSync(join(tmpdir(), 'cordon-config-'))
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, 'cordon.yaml'), text)
  chmodSync(join(directory, 'cordon.yaml'), mode)
  return { directory, mount: ['--volume', `${directory}:/etc/cordon:ro`] }
}

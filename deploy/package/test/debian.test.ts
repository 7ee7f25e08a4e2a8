import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfiguration } from '@cordon/shared/contracts'
import t from 'tap'
import { LOCKDOWN_FILES } from '../../../services/launcher/src/lockdown/index.ts'
import {
  CONFIGURATION,
  formatChangelog,
  formatControl,
  formatManPage,
  formatScripts,
  LINTIAN_OVERRIDES,
} from '../debian.ts'

t.test('the control file has every field that dpkg needs, and the programs that Cordon starts', async t => {
  const text = formatControl({ version: '1.2.3', architecture: 'amd64', installedSize: 7 })
  for (const field of ['Package', 'Version', 'Architecture', 'Maintainer', 'Depends', 'Description']) {
    t.match(text, new RegExp(`^${field}: \\S`, 'm'), field)
  }
  for (const name of ['tor', 'redis-tools', 'nftables', 'iproute2', 'bubblewrap', 'openssl', 'gpgv', 'util-linux'])
    t.match(text, new RegExp(`[ ,]${name}\\b`))
  for (const line of text.trimEnd().split('\n').slice(1)) t.match(line, /^(\S+: |\x20)/, 'a field or its next line')
})

t.test('the scripts are shell, and purging removes every user that installing makes', async t => {
  const scripts = formatScripts(['cordon-tor', 'cordon-gateway'])
  t.same([...scripts.keys()], ['postinst', 'prerm', 'postrm'])
  for (const [name, text] of scripts) {
    t.equal(spawnSync('sh', ['-n'], { input: text }).status, 0, name)
    t.match(text, /^#!\/bin\/sh\nset -e\n/, name)
  }
  t.match(scripts.get('postrm'), /for user in cordon-tor cordon-gateway;/)
})

t.test('a locked machine is not left without what unlocks it', async t => {
  const root = mkdtempSync(join(tmpdir(), 'cordon-locked-'))
  t.teardown(() => rmSync(root, { recursive: true }))
  const run = (word: string) => {
    const input = formatScripts([]).get('prerm') ?? ''
    const env = { PATH: '/usr/bin:/bin', DPKG_ROOT: root }
    return spawnSync('sh', ['-s', word], { input, env, encoding: 'utf8' })
  }
  t.equal(run('remove').status, 0, 'positive control: one that is not locked')
  mkdirSync(join(root, 'etc/cordon'), { recursive: true })
  writeFileSync(join(root, LOCKDOWN_FILES.wishes), '{}')
  t.match(run('remove'), { status: 1, stderr: /is locked .*\n {2}next: cordon lockdown off/ })
  t.equal(run('upgrade').status, 0, 'an upgrade takes nothing away')
})

t.test('what a command says of itself cannot become a command of the man page', async t => {
  const page = formatManPage('1', [
    { command: '', text: 'Usage: cordon\n.TH evil\n' },
    { command: 'up', text: "'quoted\na\\b --lab\n" },
  ])
  t.match(page, /^\.TH CORDON 1 /)
  t.equal(page.match(/^\.TH/gm)?.length, 1)
  t.match(page, /^\\&\.TH evil$/m)
  t.match(page, /^\\&'quoted$/m)
  t.match(page, /^a\\eb \\-\\-lab$/m)
  t.match(page, /^\.SS cordon up$/m)
})

t.test('the changelog is what Debian reads, and says nothing of the hour of building', async t => {
  const text = formatChangelog('1.2.3', new Date('2026-11-23T07:08:09+01:00'))
  t.match(text, /^cordon \(1\.2\.3\) unstable; urgency=medium\n\n {2}\* /)
  t.match(text, /\n -- .+ <[^>]+> {2}Mon, 23 Nov 2026 06:08:09 \+0000\n$/)
})

t.test('the configuration that is installed sets nothing, and also with its example taken in', async t => {
  t.same(parseConfiguration(CONFIGURATION, 'cordon.yaml'), {})
  const taken = CONFIGURATION.replaceAll(/^# ?(apps:| +mail:)/gm, '$1')
  t.match(parseConfiguration(taken, 'cordon.yaml'), { apps: { mail: { ports: [143, 587, 993] } } })
})

t.test('what lintian is not to say has a reason', async t => {
  const lines = LINTIAN_OVERRIDES.trimEnd().split('\n')
  t.match(lines[0], /^# /)
  for (const line of lines) t.match(line, /^(# .*\.|cordon: [a-z-]+ .+)$/)
})

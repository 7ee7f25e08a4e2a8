import { spawnSync } from 'node:child_process'
import t from 'tap'
import { formatControl, formatManPage, formatScripts } from '../debian.ts'

t.test('the control file has every field that dpkg needs, and the programs that Cordon starts', async t => {
  const text = formatControl({ version: '1.2.3', architecture: 'amd64', installedSize: 7 })
  for (const field of ['Package', 'Version', 'Architecture', 'Maintainer', 'Depends', 'Description']) {
    t.match(text, new RegExp(`^${field}: \\S`, 'm'), field)
  }
  for (const name of ['tor', 'redis-tools', 'nftables', 'iproute2', 'bubblewrap'])
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

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { chooseColour } from '../src/desktop/badge.ts'
import { quoteWord } from '../src/desktop/entry.ts'
import { drawIcon, readMark, writeEntry } from '../src/desktop/index.ts'
import { desktop } from '../src/edge/desktop.ts'

const ORIGINAL = `[Desktop Entry]
Version=1.0
Name=Firefox ESR
Name[de]=Firefox ESR (de)
Exec=/usr/lib/firefox-esr/firefox-esr %u
Icon=firefox-esr
Type=Application
DBusActivatable=true
StartupWMClass=firefox-esr
Actions=new-window;

[Desktop Action new-window]
Name=New Window
Exec=firefox-esr --new-window
`

t.test('an entry is the program’s own with another name and command, and no way past it', async t => {
  const command = ['cordon', 'run', '--profile', 'firefox', 'work']
  const entry = writeEntry({ original: ORIGINAL, title: 'x', app: 'work', command, icon: '/i.svg' })
  t.match(entry, 'Name=Firefox ESR (Cordon: work)')
  t.match(entry, 'Name[de]=Firefox ESR (de) (Cordon: work)')
  t.match(entry, 'Exec=cordon run --profile firefox work %u\n')
  t.match(entry, 'Icon=/i.svg')
  for (const past of ['DBusActivatable', 'StartupWMClass', 'Actions', 'new-window', '/usr/lib/firefox'])
    t.notMatch(entry, past)
  t.equal(readMark(entry), 'work')
  t.equal(readMark(ORIGINAL), undefined)
})

t.test('a program without an entry gets a plain one', async t => {
  const entry = writeEntry({
    original: undefined,
    title: 'Git',
    app: 'git',
    command: ['cordon', 'run', 'git'],
    icon: undefined,
  })
  t.equal(
    entry,
    '[Desktop Entry]\nType=Application\nName=Git (Cordon: git)\nExec=cordon run git\nTerminal=false\nX-Cordon-App=git\n',
  )
})

t.test('words are quoted as the specification has it', async t => {
  t.equal(quoteWord('/opt/a-b'), '/opt/a-b')
  t.equal(quoteWord('/opt/a b'), '"/opt/a b"')
  t.equal(quoteWord('a$b"c%'), '"a\\\\$b\\\\"c%%"')
})

t.test('an icon shows the original below and the app’s letter in its colour', async t => {
  t.match(drawIcon('work', 'data:image/png;base64,AA'), /<image .*AA.*>W<\/text>/s)
  t.equal(chooseColour('work'), chooseColour('work'))
  t.not(chooseColour('work'), chooseColour('worl'))
})

t.test('install, list and remove leave nothing behind, and touch no entry of anybody else', async t => {
  const data = mkdtempSync(join(tmpdir(), 'cordon-desktop-'))
  t.teardown(() => rmSync(data, { recursive: true, force: true }))
  const { XDG_DATA_HOME, XDG_DATA_DIRS } = process.env
  Object.assign(process.env, { XDG_DATA_HOME: data, XDG_DATA_DIRS: join(data, 'shared') })
  t.teardown(() => {
    delete process.env['XDG_DATA_HOME']
    delete process.env['XDG_DATA_DIRS']
    Object.assign(
      process.env,
      XDG_DATA_HOME === undefined ? {} : { XDG_DATA_HOME },
      XDG_DATA_DIRS === undefined ? {} : { XDG_DATA_DIRS },
    )
  })
  mkdirSync(join(data, 'shared/applications'), { recursive: true })
  writeFileSync(join(data, 'shared/applications/firefox-esr.desktop'), ORIGINAL)
  for (const app of ['work', 'play']) t.equal(await desktop(['install', app, '--profile=firefox']), 0)
  t.same(readdirSync(join(data, 'applications')).toSorted(), ['cordon-play.desktop', 'cordon-work.desktop'])
  t.match(
    readFileSync(join(data, 'applications/cordon-work.desktop'), 'utf8'),
    'Exec=cordon run --profile firefox work %u',
  )
  for (const app of ['work', 'play']) await desktop(['remove', app])
  t.same(readdirSync(data), ['shared'], 'nor the directories that were made for it')
  mkdirSync(join(data, 'icons/hicolor/48x48'), { recursive: true })
  const start = ['/opt/c d/cordon.js', '--state-dir=/s'].map(word => `--start=${word}`)
  const { PATH } = process.env
  process.env['PATH'] = '/nonexistent'
  await desktop(['install', 'work', '--profile=firefox', ...start])
  process.env['PATH'] = PATH
  const entry = readFileSync(join(data, 'applications/cordon-work.desktop'), 'utf8')
  t.match(entry, 'Exec="/opt/c d/cordon.js" --state-dir=/s run --profile firefox work %u', 'where none is in the PATH')
  await desktop(['remove', 'work'])
  t.same(readdirSync(join(data, 'icons/hicolor')), ['48x48'], 'what is anybody else’s stays')
  mkdirSync(join(data, 'applications'))
  writeFileSync(join(data, 'applications/cordon-mine.desktop'), ORIGINAL)
  await t.rejects(desktop(['remove', 'mine']), { code: 'CFG_UNREADABLE' })
  await t.rejects(desktop(['install', 'x', '--profile=nonsense']), { code: 'RUN_PROFILE_UNKNOWN' })
  await t.rejects(desktop(['install', '../x']), { code: 'SUP_USAGE' })
})

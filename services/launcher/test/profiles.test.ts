import t from 'tap'
import { chooseCommand, fillProfile, findProfile, PROFILES } from '../src/profiles/index.ts'

t.test('every program that people run has a profile', async t => {
  const wanted = [
    ...['firefox', 'chromium', 'thunderbird', 'tor-browser', 'signal', 'telegram', 'element', 'electrum', 'bitcoin'],
    ...['monero', 'onionshare', 'git', 'ssh', 'curl', 'wget', 'apt', 'pip', 'npm', 'cargo', 'skopeo'],
  ]
  t.same(PROFILES.map(({ name }) => name).toSorted(), wanted.toSorted())
  for (const profile of PROFILES) {
    t.match(profile.name, /^[a-z0-9][a-z0-9-]{0,31}$/, 'its name can be an app’s')
    t.ok(profile.programs.length > 0 && profile.advice.length > 20, profile.name)
    const usesDirectory = JSON.stringify([profile.arguments, profile.env]).includes('{directory}')
    t.equal(usesDirectory, profile.ownDirectory, `${profile.name} names its directory where it has one`)
  }
})

t.test('browsers are told to leave QUIC, WebRTC by UDP and DNS by HTTPS alone', async t => {
  const user = findProfile('firefox')?.files[0]?.content ?? ''
  for (const line of ['network.trr.mode", 5', 'http3.enable", false', 'default_address_only", true'])
    t.match(user, line)
  const args = findProfile('chromium')?.arguments.join(' ') ?? ''
  for (const word of ['--disable-quic', 'disable_non_proxied_udp', 'DnsOverHttps']) t.match(args, word)
})

t.test('the own directory is filled in wherever it stands', async t => {
  const profile = findProfile('chromium')
  if (profile === undefined) throw new Error('no profile')
  t.equal(fillProfile(profile, '/s/x').arguments[0], '--user-data-dir=/s/x')
})

t.test(
  'what is started: the profile of the app, a profile by name, a command, or the program of that name',
  async t => {
    const choose = (app: string, append: boolean, words: string[] = [], profile?: string) =>
      chooseCommand({ app, profile, append, words }, PROFILES)
    t.match(choose('firefox', true, ['https://x']), {
      type: 'by-profile',
      profile: { name: 'firefox' },
      words: ['https://x'],
    })
    t.match(choose('work', true, [], 'firefox'), { type: 'by-profile', profile: { name: 'firefox' } })
    t.match(choose('firefox', false, ['curl']), { type: 'command', command: ['curl'], like: { name: 'curl' } })
    t.match(choose('true', true, ['x']), { type: 'command', command: ['true', 'x'], like: undefined })
    t.match(choose('x', false, ['/opt/firefox-esr']), { type: 'command', like: { name: 'firefox' } })
    t.match(choose('x', true, [], 'nonsense'), { type: 'profile-unknown', name: 'nonsense' })
    t.match(choose('x', false), { type: 'nothing' })
  },
)

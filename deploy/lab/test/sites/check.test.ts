import t from 'tap'
import { formatPage, pairHeaders } from '../../src/sites/check.ts'

t.test('headers keep order, case and repetition', async t => {
  t.same(pairHeaders(['Host', 'x', 'X-A', '1', 'x-a', '2']), [
    ['Host', 'x'],
    ['X-A', '1'],
    ['x-a', '2'],
  ])
})

t.test('the page says that it is the lab, and where the caller came from', async t => {
  const page = formatPage({ remoteAddress: '198.18.2.1', headers: [], tls: null })
  t.match(page, '<title>Cordon lab: 198.18.2.1</title>')
  t.match(page, 'not the Internet')
})

t.test('what the caller sent is shown and never run', async t => {
  const page = formatPage({ remoteAddress: 'x', headers: [['User-Agent', '<script>"&']], tls: null })
  t.notMatch(page, '<script>')
  t.match(page, 'User-Agent: &#60;script&#62;&#34;&#38;')
})

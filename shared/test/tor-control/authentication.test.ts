import {
  Authentication,
  type AuthenticationOptions,
  computeClientHash,
  parseAuthChallenge,
  type Reply,
  ReplyReader,
  verifyServerHash,
} from '@cordon/shared/tor-control'
import t from 'tap'
import { hex, latin1 } from '../bytes.ts'
import { AUTHENTICATION as CAPTURED } from './fixtures/captured.ts'

const cookie = hex(CAPTURED.cookie)
const clientNonce = hex(CAPTURED.clientNonce)

function parse(text: string): readonly Reply[] {
  return new ReplyReader().push(latin1(text)).replies
}

/** Play a tor that gives each command the next of `answers`, with `file` behind the cookie's path. */
function play(
  answers: readonly string[],
  file: Uint8Array | undefined = cookie,
  options: Partial<AuthenticationOptions> = {},
) {
  const authentication = new Authentication({ clientNonce, ...options })
  const sent: string[] = []
  const paths: string[] = []
  for (;;) {
    const step = authentication.next()
    switch (step.type) {
      case 'send':
        sent.push(Buffer.from(step.command.bytes).toString())
        break
      case 'receive':
        for (const reply of parse(answers[sent.length - 1] ?? '550 no answer\r\n')) authentication.push(reply)
        break
      case 'read-cookie':
        paths.push(step.path)
        authentication.cookie(file)
        break
      case 'finished':
        return { sent, paths, outcome: step.outcome }
    }
  }
}

const info = (auth: string) => `250-PROTOCOLINFO 1\r\n250-AUTH ${auth}\r\n250-VERSION Tor="0.4.9.11"\r\n250 OK\r\n`

t.test('SAFECOOKIE is carried out as with a real tor', async t => {
  const { sent, paths, outcome } = play([CAPTURED.protocolInfo, CAPTURED.challenge, '250 OK\r\n'])
  t.same(sent, [
    'PROTOCOLINFO 1\r\n',
    `AUTHCHALLENGE SAFECOOKIE ${CAPTURED.clientNonce.toUpperCase()}\r\n`,
    `AUTHENTICATE ${CAPTURED.clientHash}\r\n`,
  ])
  t.same(paths, ['/run/tor/cookie'])
  t.same(outcome, { type: 'authenticated', method: 'SAFECOOKIE', torVersion: '0.4.9.11' })
})

t.test('a server that does not know the cookie is an impostor and learns nothing', async t => {
  const wrong = CAPTURED.challenge.replace('SERVERHASH=0F', 'SERVERHASH=1F')
  const { sent, outcome } = play([CAPTURED.protocolInfo, wrong, '250 OK\r\n'])
  t.same(outcome, { type: 'impostor' })
  t.equal(sent.length, 2)
  t.match(play([CAPTURED.protocolInfo, CAPTURED.challenge], new Uint8Array(32)).outcome, { type: 'impostor' })
})

t.test('both hashes are those of control-spec 3.24', async t => {
  const serverNonce = hex(CAPTURED.challenge.slice(-66, -2))
  const inputs = { cookie, clientNonce, serverNonce }
  const serverHash = hex(CAPTURED.challenge.slice(29, 29 + 64))
  t.ok(verifyServerHash(inputs, serverHash))
  t.notOk(verifyServerHash(inputs, serverHash.subarray(1)), 'a hash of another length')
  t.same(Uint8Array.from(computeClientHash(inputs)), hex(CAPTURED.clientHash))
})

t.test('a tor that asks for nothing, or for less than SAFECOOKIE, is not taken', async t => {
  for (const methods of ['NULL', 'COOKIE', 'HASHEDPASSWORD', 'COOKIE,HASHEDPASSWORD']) {
    const { sent, outcome } = play([info(`METHODS=${methods} COOKIEFILE="/c"`)])
    t.same(outcome, { type: 'no-method', offered: methods.split(',') })
    t.equal(sent.length, 1)
  }
  t.match(play([info('METHODS=SAFECOOKIE')]).outcome, { type: 'no-method' }, 'without a file')
  t.match(play([info('METHODS=NULL')], cookie, { password: 'p' }).outcome, { type: 'no-method' })
})

t.test('a file that is no cookie is not used', async t => {
  for (const file of [undefined, new Uint8Array(31), new Uint8Array(33)]) {
    const { sent, outcome } = play([CAPTURED.protocolInfo], file === undefined ? hex('') : file)
    t.same(outcome, { type: 'no-cookie', path: '/run/tor/cookie' })
    t.equal(sent.length, 1)
  }
})

t.test('a configured password is used where SAFECOOKIE cannot be had', async t => {
  const both = info('METHODS=COOKIE,SAFECOOKIE,HASHEDPASSWORD COOKIEFILE="/c"')
  const unreadable = play([both, '250 OK\r\n'], new Uint8Array(0), { password: 'a"b' })
  t.same(unreadable.sent, ['PROTOCOLINFO 1\r\n', 'AUTHENTICATE "a\\"b"\r\n'])
  t.match(unreadable.outcome, { type: 'authenticated', method: 'HASHEDPASSWORD' })
  t.match(play([info('METHODS=HASHEDPASSWORD'), '250 OK\r\n'], cookie, { password: 'p' }).outcome, {
    type: 'authenticated',
    method: 'HASHEDPASSWORD',
  })
  t.match(
    play([both, CAPTURED.challenge], cookie, { password: 'p' }).sent[1],
    /^AUTHCHALLENGE/,
    'SAFECOOKIE comes first',
  )
  t.match(play([info('METHODS=HASHEDPASSWORD')], cookie, { password: 'a\nb' }).outcome, { type: 'malformed' })
})

t.test('a refusal, a lie or nonsense of tor ends it', async t => {
  const denied = play([CAPTURED.protocolInfo, CAPTURED.challenge, '515 Bad authentication\r\n'])
  t.same(denied.outcome, { type: 'denied', status: 515 })
  const malformed: readonly (readonly [readonly string[], string])[] = [
    [['510 Unrecognized command\r\n'], 'PROTOCOLINFO status'],
    [['250 OK\r\n'], 'PROTOCOLINFO version'],
    [['250-PROTOCOLINFO 2\r\n250 OK\r\n'], 'PROTOCOLINFO version'],
    [['250-PROTOCOLINFO 1\r\n250 OK\r\n'], 'PROTOCOLINFO METHODS'],
    [['250-PROTOCOLINFO 1\r\n250-AUTH METHODS=SAFECOOKIE COOKIEFILE="/x\r\n250 OK\r\n'], 'PROTOCOLINFO METHODS'],
    [['250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250 OK\r\n'], 'PROTOCOLINFO VERSION'],
    [[CAPTURED.protocolInfo, '513 no\r\n'], 'AUTHCHALLENGE status'],
    [[CAPTURED.protocolInfo, '250 AUTHCHALLENGE SERVERHASH=00 SERVERNONCE=00\r\n'], 'AUTHCHALLENGE fields'],
  ]
  t.same(parseAuthChallenge({ status: 250, lines: [] }), { type: 'malformed', why: 'AUTHCHALLENGE fields' })
  for (const [answers, why] of malformed) t.same(play(answers).outcome, { type: 'malformed', why })
})

t.test('an answer without a command is malformed, and a cookie that was not asked for is let go', async t => {
  const [reply] = parse('250 OK\r\n')
  if (reply === undefined) throw new Error('reply')
  const authentication = new Authentication({ clientNonce })
  authentication.cookie(cookie)
  t.match(authentication.next(), { type: 'send' })
  for (const part of parse(CAPTURED.protocolInfo)) authentication.push(part)
  authentication.push(reply)
  const wanted = { type: 'finished', outcome: { type: 'malformed', why: 'answer without a command' } }
  t.same(authentication.next(), wanted)
  authentication.push(reply)
  t.same(authentication.next(), wanted)
})

import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A key of one test, made by gpg. */
export interface OpenPgpUnderTest {
  readonly fingerprint: string
  /** A file of its public key, binary. */
  readonly keyring: string
  clearSign(text: string): Buffer
  detach(content: Uint8Array, options?: { readonly armor?: boolean }): Buffer
  /** Export the public key armored. */
  armored(): Buffer
}

/** Make a key without a passphrase in a home of its own. It goes with the test. */
export function makeOpenPgpKey(t: Pick<Test, 'teardown'>, name = 'archive'): OpenPgpUnderTest {
  const home = mkdtempSync(join(tmpdir(), 'cordon-gpg-'))
  chmodSync(home, 0o700)
  const gpg = (args: readonly string[], input?: Uint8Array): Buffer => {
    const options = [
      '--homedir',
      home,
      '--batch',
      '--yes',
      '--quiet',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
    ]
    const { status, stdout, stderr } = spawnSync('gpg', [...options, ...args], {
      ...(input === undefined ? {} : { input }),
      maxBuffer: 1e9,
    })
    if (status !== 0) throw new Error(`gpg ${args[0]}: ${stderr}`)
    return stdout
  }
  t.teardown(() => {
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'], { stdio: 'ignore' })
    rmSync(home, { recursive: true, force: true })
  })
  // gpg would start it, and give it five seconds: a busy machine takes longer.
  spawnSync('gpg-agent', ['--homedir', home, '--quiet', '--daemon'], { stdio: 'ignore' })
  gpg(['--quick-generate-key', `${name} <${name}@example.org>`, 'ed25519', 'sign', 'never'])
  const listed = gpg(['--with-colons', '--list-keys']).toString()
  const keyring = join(home, 'public.gpg')
  writeFileSync(keyring, gpg(['--export']))
  return {
    fingerprint: /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '',
    keyring,
    clearSign: text => gpg(['--clear-sign'], Buffer.from(text)),
    detach: (content, { armor = true } = {}) => gpg([...(armor ? ['--armor'] : []), '--detach-sign'], content),
    armored: () => gpg(['--armor', '--export']),
  }
}

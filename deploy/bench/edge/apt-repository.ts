import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { writePackageIndex } from '../package-index.ts'

/** A key that lives as long as the measurement. */
export interface ThrowawayKey extends AsyncDisposable {
  readonly fingerprint: string
  /** A file of its public part, as gpgv and apt read it. */
  readonly keyring: string
  clearSign(text: string): Buffer
}

/** Make a key by gpg. Its home is as short as the path of gpg-agent's socket must be. */
export async function makeThrowawayKey(): Promise<ThrowawayKey> {
  const home = await mkdtemp(join(tmpdir(), 'cb-gpg-'))
  await chmod(home, 0o700)
  const gpg = (args: readonly string[], input = ''): Buffer => {
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
    const { status, stdout, stderr } = spawnSync('gpg', [...options, ...args], { input, maxBuffer: 1e8 })
    if (status !== 0) throw new Error(`gpg ${args[0]}: ${stderr}`)
    return stdout
  }
  gpg(['--quick-generate-key', 'archive <archive@example.org>', 'rsa3072', 'sign', 'never'])
  const keyring = join(home, 'public.gpg')
  await writeFile(keyring, gpg(['--export']), { mode: 0o644 })
  return {
    fingerprint: /^fpr:+([0-9A-F]{40}):/m.exec(gpg(['--with-colons', '--list-keys']).toString())?.[1] ?? '',
    keyring,
    clearSign: text => gpg(['--clear-sign', '--digest-algo', 'SHA512'], text),
    [Symbol.asyncDispose]: async () => {
      spawnSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'], { stdio: 'ignore' })
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** The sizes of an index, in bytes. */
export interface IndexSizes {
  readonly plain: number
  readonly gz: number
  readonly xz: number
}

/** Make an apt repository of one suite below `root`: an index of that many packages, packed as Debian does, and signed. */
export async function makeAptRepository(
  root: string,
  { packages, key, suite }: { readonly packages: number; readonly key: ThrowawayKey; readonly suite: string },
): Promise<IndexSizes> {
  const dist = join(root, 'debian', 'dists', suite)
  const directory = join(dist, 'main', 'binary-amd64')
  await mkdir(directory, { recursive: true })
  const plain = join(directory, 'Packages')
  await pipeline(Readable.from(writePackageIndex(packages)), createWriteStream(plain))
  await pipeline(createReadStream(plain), createGzip({ level: 6 }), createWriteStream(`${plain}.gz`))
  // The level tells how long packing takes, and hardly anything of unpacking.
  const xz = spawn('xz', ['--keep', '-2', plain], { stdio: 'inherit' })
  if ((await once(xz, 'close'))[0] !== 0) throw new Error('xz failed')
  const files = await Promise.all(['', '.gz', '.xz'].map(ending => describeFile(plain, ending)))
  const inAnHour = new Date(Date.now() + 3_600_000)
  const release = [
    'Origin: Bench',
    `Suite: ${suite}`,
    `Codename: ${suite}`,
    `Date: ${utc(new Date(Date.now() - 60_000))}`,
    `Valid-Until: ${utc(inAnHour)}`,
    'Architectures: amd64',
    'Components: main',
    'SHA256:',
    ...files.map(({ line }) => line),
  ]
  await writeFile(join(dist, 'InRelease'), key.clearSign(`${release.join('\n')}\n`))
  const [plainBytes = 0, gz = 0, xzBytes = 0] = files.map(({ bytes }) => bytes)
  return { plain: plainBytes, gz, xz: xzBytes }
}

async function describeFile(plain: string, ending: string): Promise<{ bytes: number; line: string }> {
  const path = `${plain}${ending}`
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  const { size } = await stat(path)
  return { bytes: size, line: ` ${hash.digest('hex')} ${size} main/binary-amd64/Packages${ending}` }
}

const utc = (date: Date): string => date.toUTCString().replace('GMT', 'UTC')

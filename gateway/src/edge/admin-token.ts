import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import { monotonicNow, readFileBounded, writeFileAtomically } from '@cordon/shared/runtime/edge'

/** 256 bits: nobody guesses it, whatever the rate. */
const TOKEN_BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** Wrong tokens that are looked at in a window; a person mistypes less often. Arbitrary. */
const MOST_WRONG = 5
const WINDOW_MS = 10_000

/** What a token turned out to be. `limited`: it was not looked at, since too many were wrong just now. */
export type TokenJudgement = 'right' | 'wrong' | 'limited'

/** The token that opens the admin API on TCP. It lies in the state directory, readable for this user alone. */
export class AdminToken {
  readonly #digest: Buffer
  #wrong: number[] = []

  private constructor(token: string) {
    this.#digest = digest(token)
  }

  /** Read it, or make it at the first use. A link, or a file that others can read or own, is refused with a Fault. */
  static async open(stateDirectory: string): Promise<AdminToken> {
    const path = join(stateDirectory, 'admin-token')
    const found = await lstat(path).catch(() => undefined)
    if (found !== undefined && (!found.isFile() || found.uid !== process.geteuid?.() || (found.mode & 0o077) !== 0))
      throw unsafe(path)
    const known = (await readFileBounded(path, 64))?.toString('latin1').trim() ?? ''
    if (TOKEN.test(known)) return new AdminToken(known)
    const made = randomBytes(TOKEN_BYTES).toString('base64url')
    await writeFileAtomically(path, `${made}\n`)
    return new AdminToken(made)
  }

  /** Judge `Authorization: Bearer TOKEN` (RFC 6750 section 2.1), in a time that says nothing of how much was right. */
  judge(authorization: string | undefined): TokenJudgement {
    const now = monotonicNow()
    this.#wrong = this.#wrong.filter(at => now - at < WINDOW_MS)
    if (this.#wrong.length >= MOST_WRONG) return 'limited'
    const [, token = ''] = /^Bearer ([!-~]{1,256})$/i.exec(authorization ?? '') ?? []
    if (timingSafeEqual(digest(token), this.#digest)) return 'right'
    this.#wrong.push(now)
    return 'wrong'
  }
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest()

const unsafe = (path: string): Fault =>
  new Fault('CFG_UNREADABLE', `${path} is a link, or a file that others can read or own`, {
    where: 'host',
    retry: 'never',
    next: 'Remove it: a new one is made at the next start.',
  })

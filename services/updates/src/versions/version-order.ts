/** Negative: `a` is older than `b`. Zero: neither is newer. */
export type VersionOrder = (a: string, b: string) => number

/** What a version may be written with. */
export const VERSION_PATTERN = '^[0-9A-Za-z][0-9A-Za-z.+:~_-]{0,127}$'
const VERSION = new RegExp(VERSION_PATTERN)

/** Report whether `text` may be called a version: short, and nothing that a path, a page or a terminal could obey. */
export const isVersion = (text: string): boolean => VERSION.test(text) && /[0-9]/.test(text)

/** What stands before the version that it is named after. */
const BEFORE = /^(a|alpha|b|beta|c|dev|git|nightly|pre|preview|rc|snapshot)$/

/** Report whether a version is one before the finished one. */
export const isPrerelease = (version: string): boolean =>
  tokensOf(version).some(token => BEFORE.test(token.toLowerCase()))

const tokensOf = (version: string): readonly string[] => version.replace(/^v/i, '').match(/[0-9]+|[A-Za-z]+/g) ?? []

/**
 * Order versions of numbers and words: token by token, where a missing token is 0, `rc` and its like come before 0, and
 * other words after 0 and before 1. So 1.0-rc1 < 1.0 = 1.0.0 < 1.0.post1 < 1.0.1.
 */
function orderDotted(a: string, b: string): number {
  const [left, right] = [tokensOf(a), tokensOf(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = orderTokens(left[at] ?? '0', right[at] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

function orderTokens(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)]
  if (left !== right) return left - right
  return left === RANK.number ? orderDigits(a, b) : orderText(a.toLowerCase(), b.toLowerCase())
}

const RANK = { before: 0, zero: 1, word: 2, number: 3 } as const

function rank(token: string): number {
  if (/^0*$/.test(token)) return RANK.zero
  if (/^[0-9]/.test(token)) return RANK.number
  return BEFORE.test(token.toLowerCase()) ? RANK.before : RANK.word
}

const orderText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Digits of any length: JavaScript's numbers would call long ones equal. */
function orderDigits(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
  return left.length - right.length || orderText(left, right)
}

/** Order Debian versions (Debian policy 5.6.12): epoch, upstream version, revision. */
function orderDebian(a: string, b: string): number {
  const [left, right] = [splitDebian(a), splitDebian(b)]
  for (const part of ['epoch', 'upstream', 'revision'] as const) {
    const order = part === 'epoch' ? orderDigits(left.epoch, right.epoch) : orderPart(left[part], right[part])
    if (order !== 0) return order
  }
  return 0
}

function splitDebian(version: string): { epoch: string; upstream: string; revision: string } {
  const [, epoch = '0', rest = ''] = /^(?:([0-9]+):)?(.*)$/s.exec(version) ?? []
  const at = rest.lastIndexOf('-')
  return at < 0
    ? { epoch, upstream: rest, revision: '' }
    : { epoch, upstream: rest.slice(0, at), revision: rest.slice(at + 1) }
}

/** Turn about: a run of what is no digit, then a run of digits. */
function orderPart(a: string, b: string): number {
  let [left, right] = [a, b]
  while (left !== '' || right !== '') {
    const [words, others] = [/^[^0-9]*/.exec(left)?.[0] ?? '', /^[^0-9]*/.exec(right)?.[0] ?? '']
    for (let at = 0; at < Math.max(words.length, others.length); at++) {
      const order = weigh(words[at]) - weigh(others[at])
      if (order !== 0) return order
    }
    left = left.slice(words.length)
    right = right.slice(others.length)
    const [digits, more] = [/^[0-9]*/.exec(left)?.[0] ?? '', /^[0-9]*/.exec(right)?.[0] ?? '']
    const order = orderDigits(digits, more)
    if (order !== 0) return order
    left = left.slice(digits.length)
    right = right.slice(more.length)
  }
  return 0
}

/** A tilde before the end of the part, the end before letters, letters before everything else. */
function weigh(character: string | undefined): number {
  if (character === undefined) return 0
  if (character === '~') return -1
  const code = character.charCodeAt(0)
  return /[A-Za-z]/.test(character) ? code : code + 256
}

/** The orders that a product can have. */
export const ORDERS = { dotted: orderDotted, debian: orderDebian } as const satisfies Record<string, VersionOrder>

import type { HistoryEntry, ProductActivity, ProductView, UpdatesSummary, UpdatesView } from '@cordon/shared/contracts'
import { EXIT, type ExitStatus } from './complaint.ts'
import type { Mark, Palette } from './palette.ts'
import { formatBytes } from './quantity.ts'
import { formatTable } from './table.ts'

const MARKS: Readonly<Record<ProductView['verdict'], Mark>> = { current: 'good', available: 'bad', unknown: 'waiting' }
const SHAPES: Readonly<Record<ProductView['verdict'], string>> = { current: '●', available: '↑', unknown: '?' }

/** Format the products as a line of the status; none where nothing is watched. */
export function formatUpdatesSummary(summary: UpdatesSummary | null, palette: Palette): readonly string[] {
  const counts = (['available', 'unknown', 'current'] as const).flatMap(verdict => {
    const count = summary?.[verdict] ?? 0
    return count === 0 ? [] : [palette(MARKS[verdict], `${count} ${verdict}`)]
  })
  return counts.length === 0 ? [] : [`updates ${counts.join(', ')}: cordon updates`]
}

/** The exit status of a listing, so that a script need not read it. */
export function exitStatusOfUpdates({ clock, products }: UpdatesView): ExitStatus {
  if (products.some(({ verdict }) => verdict === 'available')) return EXIT.updateAvailable
  return clock === 'trusted' ? EXIT.done : EXIT.notReady
}

/** The exit status of a check: newer first, then a check that failed. What is not installed is no failure. */
export function exitStatusOfCheck(products: readonly ProductView[]): ExitStatus {
  if (products.some(({ verdict }) => verdict === 'available')) return EXIT.updateAvailable
  return products.some(({ reason }) => reason !== null && reason !== 'UPD_NOT_INSTALLED') ? EXIT.failed : EXIT.done
}

/** Format products as a table, and below it why verdicts are unknown and what can be added. */
export function formatUpdates(
  { clock, products, catalogue, catalogueUnsigned }: UpdatesView,
  nowMs: number,
  palette: Palette,
): string {
  const blocks = [
    ...(clock === 'trusted' ? [] : [palette('bad', 'The clock is not trusted, so nothing is called current.')]),
    products.length === 0 ? 'No products yet: cordon updates add NAME' : formatProducts(products, nowMs, palette),
    ...formatReasons(products),
    ...formatCatalogue(catalogue, catalogueUnsigned).map(line => palette('quiet', line)),
  ]
  return `${blocks.join('\n\n')}\n`
}

function formatCatalogue(catalogue: readonly string[], unsigned: readonly string[]): readonly string[] {
  const names = catalogue.map(id => (unsigned.includes(id) ? `${id}*` : id))
  if (names.length === 0) return []
  const note = unsigned.length === 0 ? '' : ' (* unsigned: nobody vouches for what its source says)'
  return [`Can be added: ${names.join(', ')}${note}`]
}

function formatProducts(products: readonly ProductView[], nowMs: number, palette: Palette): string {
  const rows = products.map(product => [
    `${palette(MARKS[product.verdict], SHAPES[product.verdict])} ${product.id}`,
    product.installed ?? '-',
    product.latest ?? '-',
    palette(MARKS[product.verdict], product.verdict),
    product.unsigned ? 'unsigned' : formatSigner(product.signedBy),
    formatAge(product.publishedAt, nowMs),
    product.activity === 'idle' ? formatChecked(product, nowMs) : product.activity,
  ])
  return formatTable(['  product', 'installed', 'latest', 'verdict', 'signed by', 'published', 'checked'], rows)
}

const formatChecked = ({ checkedAt, learned }: ProductView, nowMs: number): string =>
  `${formatAge(checkedAt, nowMs)}${learned ? ', by the fleet' : ''}`

/** Enough of a key to recognise it; `--json` has all of it. */
function formatSigner(signedBy: string | null): string {
  if (signedBy === null) return '-'
  const [first = '', ...more] = signedBy.split(' ')
  const short = /^[0-9A-F]{40}$/.test(first) ? `…${first.slice(-16)}` : first
  return more.length === 0 || !/^[0-9a-fA-F]+$/.test(first) ? short : `${short} +${more.length}`
}

function formatReasons(products: readonly ProductView[]): readonly string[] {
  const lines = products.flatMap(({ id, reason, detail, next }) =>
    reason === null || reason === 'UPD_CLOCK_UNTRUSTED'
      ? []
      : [`${id}: ${detail ?? reason}`, ...(next === null ? [] : [`  next: ${next}`])],
  )
  return lines.length === 0 ? [] : [lines.join('\n')]
}

const MINUTE_MS = 60_000
const UNITS = [
  ['d', 1440 * MINUTE_MS],
  ['h', 60 * MINUTE_MS],
  ['min', MINUTE_MS],
] as const

/** Format how long ago a time was, in its largest unit. */
function formatAge(at: string | null, nowMs: number): string {
  if (at === null) return '-'
  const age = nowMs - Date.parse(at)
  const unit = UNITS.find(([, ms]) => age >= ms)
  return unit === undefined ? 'now' : `${Math.floor(age / unit[1])} ${unit[0]} ago`
}

/** Format the checks that ended, newest first. */
export function formatHistory(entries: readonly HistoryEntry[]): string {
  if (entries.length === 0) return 'No checks yet.\n'
  const rows = entries.map(({ id, at, version, unsigned, reason }) => [
    at.slice(0, 16).replace('T', ' '),
    id,
    version ?? '-',
    unsigned ? 'unsigned' : '',
    reason ?? '',
  ])
  return `${formatTable(['at (UTC)', 'product', 'version', '', 'failed because'], rows)}\n`
}

/** Say how far a fetch is. */
export function formatFetch(id: string, download: ProductActivity['download']): string {
  if (download === null) return `fetching ${id}`
  const { bytes, of } = download
  return `fetching ${id}: ${formatBytes(bytes)}${of === null ? '' : ` of ${formatBytes(of)}`}`
}

import { type Figure, judge, type Row } from './figure.ts'

/** Where and how the figures were measured. */
export interface Conditions {
  readonly node: string
  readonly processors: number
  /** Load averages over one minute, before and after. */
  readonly load: readonly [before: number, after: number]
  readonly rounds: number
}

/** Format the whole report for a person. */
export function formatReport(figures: readonly Figure[], { node, processors, load, rounds }: Conditions): string {
  const [before, after] = load.map(value => value.toFixed(2))
  const head = `Node ${node}, ${processors} processors, load ${before} before and ${after} after, ${rounds} rounds`
  return `${[head, ...figures.map(formatFigure)].join('\n\n')}\n`
}

/** Give the whole report as JSON: the rows as measured, each with its verdict. */
export function formatJson(figures: readonly Figure[], conditions: Conditions): string {
  const judged = figures.map(figure => ({
    ...figure,
    rows: figure.rows.map(row => ({ ...row, verdict: judge(row) ?? null })),
  }))
  return `${JSON.stringify({ conditions, figures: judged }, null, 2)}\n`
}

const HEAD = ['', 'Cordon', 'reference', 'ratio (min to max)', 'budget', '']

function formatFigure({ name, title, rows, notes }: Figure): string {
  const table = [HEAD, ...rows.map(formatRow)]
  const widths = HEAD.map((_, column) => Math.max(...table.map(cells => cells[column]?.length ?? 0)))
  const lines = table.map(cells => `  ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd())
  return [`${name}: ${title}`, ...lines, ...notes.map(note => `  · ${note}`)].join('\n')
}

function formatRow(row: Row): string[] {
  const { what, unit, ours, reference, ratio, budget } = row
  const spread = ratio === undefined ? '' : `${number(ratio.median)} (${number(ratio.min)} to ${number(ratio.max)})`
  return [
    what,
    `${number(ours)} ${unit}`,
    reference === undefined ? '' : `${number(reference.value)} ${unit} ${reference.name}`,
    spread,
    budget === undefined ? '' : formatBudget(budget, ratio === undefined ? ` ${unit}` : ' ×'),
    judge(row) ?? '',
  ]
}

const formatBudget = (budget: NonNullable<Row['budget']>, unit: string): string =>
  'atMost' in budget ? `≤ ${budget.atMost}${unit}` : `≥ ${budget.atLeast}${unit}`

/** Three digits that mean something. */
const number = (value: number): string => {
  if (!Number.isFinite(value)) return '–'
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}

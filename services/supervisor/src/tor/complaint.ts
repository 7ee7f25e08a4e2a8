import { parseTorLogLine } from '../lifecycle/index.ts'

// tor names the option in quotes or as a bare word of its sentence.
const OPTION = /(?<=')[A-Za-z0-9_]+(?=')|\b[A-Z][A-Za-z0-9]*[A-Z][A-Za-z0-9]*\b/g

/** A person's own lines for torrc, and the file that they wrote them to. */
export interface Additions {
  readonly path: string
  readonly text: string
}

/**
 * Say what `tor --verify-config` complained of, with the line of the user's additions where it can be told.
 *
 * tor gives no line numbers; the option that its complaint names does.
 */
export function explainComplaint(output: string, additions: Additions): string {
  const complaints = output
    .split('\n')
    .map(parseTorLogLine)
    .filter(({ level, text }) => level !== 'info' && text !== '' && !SUMMARY.test(text))
    .map(({ text }) => text)
  const [first = 'no reason given'] = complaints
  const line = complaints.map(text => findLine(text, additions.text)).find(found => found !== undefined)
  return line === undefined ? first : `${additions.path} line ${line}: ${first}`
}

const SUMMARY = /^(Failed to parse\/validate config: (?=Failed)|Reading config failed)/

function findLine(complaint: string, text: string): number | undefined {
  const lines = text.split('\n')
  for (const [name] of complaint.matchAll(OPTION)) {
    const option = name.toLowerCase()
    const at = lines.findIndex(line => line.trim().replace(/^[+/]/, '').split(/\s/, 1)[0]?.toLowerCase() === option)
    if (at >= 0) return at + 1
  }
  return undefined
}

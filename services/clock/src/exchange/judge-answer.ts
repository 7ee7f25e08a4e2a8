import { parseDateField } from './date-field.ts'

/** Why an answer says nothing of the time. */
export type AnswerRefusal = 'date-missing' | 'date-twice' | 'date-malformed' | 'cached' | 'status'

/** What an answer says: the second in which it was made, or why it says nothing. */
export type AnswerJudgement =
  | { readonly type: 'dated'; readonly dateMs: number }
  | { readonly type: 'refused'; readonly why: AnswerRefusal }

const refused = (why: AnswerRefusal): AnswerJudgement => ({ type: 'refused', why })

/**
 * Read the second out of the head of an answer.
 *
 * Any final status will do, redirects and errors too: they are not followed, and the server dated them. An Age field
 * (RFC 9111 section 5.1) means that the answer, and so its Date, is a cache's and of another time. No field but Date
 * counts, whatever finer time it claims.
 */
export function judgeAnswer(
  status: number,
  fields: readonly (readonly [name: string, value: string])[],
): AnswerJudgement {
  if (status < 200 || status > 599) return refused('status')
  if (fields.some(([name]) => name === 'age')) return refused('cached')
  const dates = fields.filter(([name]) => name === 'date')
  const [date] = dates
  if (date === undefined) return refused('date-missing')
  if (dates.length > 1) return refused('date-twice')
  const dateMs = parseDateField(date[1])
  return dateMs === undefined ? refused('date-malformed') : { type: 'dated', dateMs }
}

/** Shown text is short and cannot command a terminal: JSON escapes control characters below U+0020, the rest goes here. */
export function show(value: unknown): string {
  const text = JSON.stringify(value).replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?')
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

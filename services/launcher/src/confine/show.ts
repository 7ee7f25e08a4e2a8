/** Quote a word of the user's for a message: short, and without anything that commands a terminal. */
export function show(word: string): string {
  const text = JSON.stringify(word).replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?')
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

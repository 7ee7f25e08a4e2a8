/** Tell the person who started us one line, apart from what the program prints. */
export function say(line: string): void {
  process.stderr.write(`cordon: ${line}\n`)
}

/** What bwrap(1) has told of the program on its status descriptor so far. */
export interface ProgramStatus {
  /** Process id, outside, of process 1 of the program's namespace; the program is its child. */
  readonly innerInit: number | undefined
  /** Set when the program has ended; bwrap says nothing when it could not be started. */
  readonly exitCode: number | undefined
}

/** Read the JSON lines that bwrap writes: `child-pid` at the start, `exit-code` at the end. */
export function readProgramStatus(text: string): ProgramStatus {
  const number = (name: string): number | undefined => {
    const [, digits] = new RegExp(`"${name}"\\s*:\\s*([0-9]+)`).exec(text) ?? []
    return digits === undefined ? undefined : Number(digits)
  }
  return { innerInit: number('child-pid'), exitCode: number('exit-code') }
}

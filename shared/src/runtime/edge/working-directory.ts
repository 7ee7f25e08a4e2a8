/** Read the working directory, or return undefined where it has been removed under our feet. */
export function readWorkingDirectory(): string | undefined {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

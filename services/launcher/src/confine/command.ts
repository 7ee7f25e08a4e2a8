import { resolve } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import { show } from './show.ts'

/** Longer names are nobody's wish. Arbitrary, and far below what the kernel takes. */
const NAME_MAX_BYTES = 4096

/** bwrap(1) takes 9000 (MAX_ARGS of its source), its own among them: some for each mount. */
const WORDS_MAX = 8000

/**
 * Judge the words of a command before anything is started, or throw a Fault `RUN_COMMAND_INVALID`.
 *
 * No shell ever sees them, so what a shell would do with `;` or `$()` does not matter. What does: a name that a program
 * on the way would take for an option or a variable.
 */
export function checkCommand([program = '', ...args]: readonly string[]): void {
  if (program === '') throw invalid('there is no program to start', 'Name one: cordon run APP -- PROGRAM.')
  if (Buffer.byteLength(program) > NAME_MAX_BYTES) throw invalid('the name of the program is too long', NAME_IT)
  if (/\p{Cc}/u.test(program)) throw invalid(`${show(program)} holds a control character`, NAME_IT)
  if (program.startsWith('-')) throw invalid(`${show(program)} looks like an option`, `Write ./${program} or its path.`)
  if (program.includes('=')) throw invalid(`${show(program)} holds an equals sign`, 'Name it without, by a link to it.')
  if (args.length > WORDS_MAX) throw invalid(`more than ${WORDS_MAX} arguments`, 'Give fewer, or by a file.')
}

const NAME_IT = 'Name the program as you would in a shell.'

const invalid = (message: string, next: string): Fault =>
  new Fault('RUN_COMMAND_INVALID', message, { where: 'process', retry: 'never', next })

/** Look a program up as execvp(3) would, and tell its real path, or undefined. */
export function locateProgram(
  program: string,
  path: string,
  { workingDirectory, isProgram }: { readonly workingDirectory: string; isProgram(path: string): boolean },
): string | undefined {
  const places = program.includes('/')
    ? [resolve(workingDirectory, program)]
    : // An empty entry means the working directory in a shell; here it means nothing.
      path.split(':').flatMap(directory => (directory.startsWith('/') ? [`${directory}/${program}`] : []))
  return places.find(isProgram)
}

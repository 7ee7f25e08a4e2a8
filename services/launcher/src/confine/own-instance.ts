import { basename } from 'node:path'

/** A process of this machine, as far as it shows whose it is. */
export interface SeenProcess {
  readonly pid: number
  readonly uid: number
  /** The program that it runs, with every link followed, or undefined where that is not ours to know. */
  readonly program: string | undefined
  readonly args: readonly string[]
  /** Its network namespace, or undefined where that is not ours to know. */
  readonly networkNamespace: string | undefined
}

/** How the processes of one app are known, wherever they run. */
export interface AppMarks {
  readonly uid: number
  /** Names of its program, where a second start of it asks a running one to do the work; else none. */
  readonly singleInstanceOf: readonly string[]
  /** The app's own directories: nobody else has reason to name them. */
  readonly ownDirectories: readonly string[]
}

/**
 * Find what runs already and would do the work of an app that is about to start, or get into its way: processes that
 * name its own directory, and where it has none, those of the same single-instance program.
 */
export function findRivals(processes: readonly SeenProcess[], marks: AppMarks): readonly SeenProcess[] {
  const isRival = marks.ownDirectories.length > 0 ? namesOwnDirectory : isSameProgram
  return processes.filter(process => process.uid === marks.uid && isRival(process, marks))
}

/**
 * Find processes that do the work of a running app outside of its namespace: they name its own directory and run a
 * program that runs inside too. An editor or a backup that names the directory is none.
 */
export function findEscaped(
  processes: readonly SeenProcess[],
  marks: AppMarks,
  inside: string | undefined,
): readonly SeenProcess[] {
  const programs = new Set(
    processes.filter(({ networkNamespace }) => networkNamespace === inside).map(({ program }) => program),
  )
  return processes.filter(
    process =>
      process.uid === marks.uid &&
      process.networkNamespace !== undefined &&
      process.networkNamespace !== inside &&
      process.program !== undefined &&
      programs.has(process.program) &&
      namesOwnDirectory(process, marks),
  )
}

const namesOwnDirectory = ({ args }: SeenProcess, { ownDirectories }: AppMarks): boolean =>
  args.some(arg => ownDirectories.some(directory => namesWhole(arg, directory)))

/** `/profiles/work` is not named by `/profiles/work-2`. */
function namesWhole(arg: string, directory: string): boolean {
  const at = arg.indexOf(directory)
  const after = arg.charAt(at + directory.length)
  return at >= 0 && (after === '' || after === '/')
}

const isSameProgram = ({ program = '', args }: SeenProcess, { singleInstanceOf }: AppMarks): boolean =>
  singleInstanceOf.includes(basename(program)) || singleInstanceOf.includes(basename(args[0] ?? ''))

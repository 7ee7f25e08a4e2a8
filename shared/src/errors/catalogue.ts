/** One line of the catalogue: what a code means, and what the person who sees it should do. */
export interface CatalogueEntry {
  readonly meaning: string
  readonly action: string
}

/** Every code a {@link Fault} can carry. ERRORS.md beside this file is this table, and a test holds them together. */
export const CATALOGUE = {
  CFG_UNREADABLE: {
    meaning: 'A configuration or state file cannot be read or written.',
    action: 'Check the file, its owner and its mode; Cordon wants it to be yours alone.',
  },
  CFG_INVALID: {
    meaning: 'The configuration has a mistake.',
    action: 'Mend the key and line that the message names; the last good configuration stays live meanwhile.',
  },
  HOST_DIRECTORY_UNSAFE: {
    meaning: "A directory that must be private is a link, a file, or somebody else's.",
    action: 'Remove what is there, or name another place with --state-dir or --runtime-dir.',
  },
  HOST_SOCKET_UNUSABLE: {
    meaning: 'An AF_UNIX socket cannot be made or its path is too long.',
    action: 'Stop the program that uses it, remove it, or name another --runtime-dir.',
  },
  HOST_ALREADY_RUNNING: {
    meaning: 'Another instance holds the state directory.',
    action: 'Use the one that runs, stop it with `cordon down`, or name other directories.',
  },
  LAB_PROGRAM_MISSING: {
    meaning: 'The lab needs a program that is not installed.',
    action: 'Install the Debian package that the message names.',
  },
  LAB_NO_NAMESPACES: {
    meaning: 'This machine refuses an ordinary user the namespaces that the lab lives in.',
    action: 'Set the kernel switch that the message names, or run the lab on another machine.',
  },
  LAB_ALREADY_RUNNING: {
    meaning: 'A lab runs in that directory.',
    action: 'Join it through its lab.sock, stop it, or name another directory with --dir.',
  },
  LAB_DIRECTORY_UNUSABLE: {
    meaning: "The lab's directory cannot be made, is somebody else's, or does not hold what it should.",
    action: 'Name a directory of your own with --dir, or remove the one that the message names.',
  },
  LAB_FAILED: {
    meaning: "One of the lab's programs stopped, or its network did not come up in time.",
    action: 'Read the log that the message names; on a busy machine, try again.',
  },
} as const satisfies Record<string, CatalogueEntry>

/** A stable code for machines. */
export type FaultCode = keyof typeof CATALOGUE

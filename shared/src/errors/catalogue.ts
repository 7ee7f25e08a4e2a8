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
} as const satisfies Record<string, CatalogueEntry>

/** A stable code for machines. */
export type FaultCode = keyof typeof CATALOGUE

import type { Configuration, LabDescription, RuntimeLayout } from '@cordon/shared/contracts'

/** One instance of Cordon: its directories, its configuration, and what its parts share. */
export interface Instance {
  readonly configurationFile: string
  readonly stateDirectory: string
  readonly layout: RuntimeLayout
  /** Where the lab lives, or undefined on the Tor network. */
  readonly labDirectory: string | undefined
  /** The newest configuration without mistakes. */
  configuration: Configuration
  /** Set while the lab is ready. */
  lab: LabDescription | undefined
}

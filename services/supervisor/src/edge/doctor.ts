import { type Directories, describeFailure, EXIT, type ExitStatus, formatFindings } from '../cli/index.ts'
import { diagnose, listNotes } from '../doctor/index.ts'
import { collectFacts } from './collect-facts.ts'
import type { Terminal } from './terminal.ts'

/** Look at this machine and at the Cordon on it, whether it runs or not, and tell what is wrong. */
export async function runDoctor(directories: Directories, terminal: Terminal): Promise<ExitStatus> {
  terminal.wait('looking')
  const facts = await collectFacts(directories, describeFailure)
  terminal.done()
  const findings = diagnose(facts)
  const notes = listNotes(facts)
  terminal.result({ findings, notes }, formatFindings(findings, notes, facts.supervisor !== 'absent', terminal.palette))
  return findings.length === 0 ? EXIT.done : EXIT.failed
}

/**
 * Command line: what people type and what they read.
 *
 * Belongs here: arguments to requests, answers to text, failures to lines and exit statuses. Does not belong here:
 * asking anybody anything.
 */
export type { AnswerReader } from './answers.ts'
export {
  readActivity,
  readApp,
  readApps,
  readAudit,
  readCircuits,
  readClock,
  readClockHistory,
  readDns,
  readHistory,
  readLogs,
  readNothing,
  readProblem,
  readProduct,
  readRenewed,
  readSpans,
  readStarted,
  readStatus,
  readText,
  readUpdates,
} from './answers.ts'
// `readAppSettings` stands apart in app-arguments.ts: it loads the schemas, which take longer than most commands.
export type { AppOptions } from './app-arguments.ts'
export { readAppName } from './app-name.ts'
export { exitStatusOfVerdict, formatAudit } from './audit-view.ts'
export { formatCircuits } from './circuits-view.ts'
export { parseClockTime } from './clock-time.ts'
export { exitStatusOfSync, formatClock, formatDuration, formatRoundProgress } from './clock-view.ts'
export { describeFailure, EXIT, type ExitStatus, exitStatusOf, formatFailure, toFault, usage } from './complaint.ts'
export { type CommandNode, formatCompletion } from './completion.ts'
export { chooseDirectories, type Directories } from './directories.ts'
export { describeDnsSetup, formatDnsSetup } from './dns-setup.ts'
export { formatDns } from './dns-view.ts'
export { formatFindings } from './doctor-view.ts'
export { type EnvironmentExports, formatExports, listExports } from './environment-exports.ts'
export { cutRunArguments, formatOptions, formatPlaces, formatRun, type OptionValue } from './launch-arguments.ts'
export { formatLogLine } from './logs-view.ts'
export { choosePalette, type Palette } from './palette.ts'
export { NOTHING_TOLD, type Progress, planProgress, type Told } from './progress-view.ts'
export { formatStatusLine } from './status-line.ts'
export {
  exitStatusOfState,
  formatAdded,
  formatApps,
  formatStatus,
  hasSettled,
  stoppedStatus,
} from './status-view.ts'
export { formatTraces } from './traces-view.ts'
export {
  exitStatusOfCheck,
  exitStatusOfUpdates,
  formatFetch,
  formatHistory,
  formatUpdates,
  formatUpdatesSummary,
} from './updates-view.ts'

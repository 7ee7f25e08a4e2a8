/**
 * Contracts: what the parts say to each other and to people, schema and type together.
 *
 * Belongs here: the configuration, the admin API, the supervisor's API, the messages of parts, the names of sockets.
 * Does not belong here: anything that acts on them, and any file or socket itself.
 */
export type {
  AppStatus,
  Audit,
  Circuits,
  CircuitView,
  GatewayEvent,
  GatewayStatus,
  Hop,
  Problem,
  Renewed,
  StreamView,
} from './admin.ts'
export {
  APP_STATUS,
  AUDIT,
  CIRCUIT_VIEW,
  CIRCUITS,
  GATEWAY_EVENT,
  GATEWAY_STATUS,
  HEALTH,
  HOP,
  PROBLEM,
  RENEWED,
  STREAM_VIEW,
  STREAMS,
} from './admin.ts'
export type { AppSettings, CompleteAppSettings } from './app-settings.ts'
export { APP_SETTINGS, completeAppSettings } from './app-settings.ts'
export type { ClockReport, ClockTrust } from './clock.ts'
export { BUILD_MS, CEILING_MS, CLOCK_REPORT, CLOCK_TRUST } from './clock.ts'
export type { ClockSettings, CompleteClockSettings, TimePools, TimeSource } from './clock-settings.ts'
export { CLOCK_SETTINGS, completeClockSettings } from './clock-settings.ts'
export type {
  ClockDecision,
  ClockHistory,
  ClockPoint,
  ClockSource,
  ClockStatus,
  ClockSummary,
  GatewayClock,
} from './clock-status.ts'
export {
  CLOCK_HISTORY,
  CLOCK_STATUS,
  CLOCK_SUMMARY,
  GATEWAY_CLOCK,
  SYNC_REQUEST,
} from './clock-status.ts'
export type { AuditSettings, Configuration, ExternalTor, Limits, TorSettings } from './configuration.ts'
export { CONFIGURATION, completeAudit, completeLimits } from './configuration.ts'
export { findBrokenLaws } from './configuration-laws.ts'
export type { ControlProfile, ControlProfileName, SharedEvent } from './control-profiles.ts'
export { CONTROL_PROFILE_NAMES, CONTROL_PROFILES } from './control-profiles.ts'
export type { DnsApp, FromDns, ToDns } from './dns-link.ts'
export { DNS_APP, FROM_DNS, TO_DNS, VIRTUAL_TTL_SECONDS } from './dns-link.ts'
export type { DnsResolver } from './dns-resolver.ts'
export { parseDnsResolver } from './dns-resolver.ts'
export type { DnsStatus } from './dns-status.ts'
export { DNS_STATUS } from './dns-status.ts'
export type { JobName, JobPayload, JobReason, JobsOf, QueueName } from './jobs.ts'
export { JOB_REASONS, JOBS, QUEUE_NAMES, RESUME_ORDER } from './jobs.ts'
export type { LabDescription, LabMessage, LabRelay, LabStep } from './lab.ts'
export { LAB_DESCRIPTION, LAB_MESSAGE, LAB_RELAY, LAB_STEPS } from './lab.ts'
export { isOwnAppName, OWN_APPS, USER_APP_ID_PATTERN } from './own-apps.ts'
export { CONFIGURATION_MAX_BYTES, parseConfiguration } from './parse-configuration.ts'
export { findInProduct, isSigned } from './product-laws.ts'
export type { ProductSettings, SourceKind, UpdatesSettings } from './product-settings.ts'
export { PRODUCT_ID_PATTERN, PRODUCT_SETTINGS, SOURCE_KINDS, UPDATES_SETTINGS } from './product-settings.ts'
export type { RedisSettings } from './redis.ts'
export { REDIS_SETTINGS } from './redis.ts'
export type { Access, RuntimeLayout } from './runtime-layout.ts'
export { ACCESSES, layOutRuntime } from './runtime-layout.ts'
export type { Service } from './services.ts'
export { completeServices, SERVICES } from './services.ts'
export type {
  KeptLine,
  PartMessage,
  PartName,
  PartNotice,
  PartQuestion,
  PartStatus,
  Status,
  TorStatus,
} from './supervisor.ts'
export {
  KEPT_LINE,
  PART_MESSAGE,
  PART_NAMES,
  PART_NOTICE,
  PART_QUESTION,
  PART_STATUS,
  STATUS,
  TOR_STATUS,
} from './supervisor.ts'
export type {
  ActivityView,
  HistoryEntry,
  HistoryView,
  ProductActivity,
  ProductView,
  UpdatesSummary,
  UpdatesView,
} from './updates.ts'
export {
  ACTIVITY_VIEW,
  HISTORY_VIEW,
  PRODUCT_ADDITION,
  PRODUCT_VIEW,
  UPDATES_SUMMARY,
  UPDATES_VIEW,
} from './updates.ts'

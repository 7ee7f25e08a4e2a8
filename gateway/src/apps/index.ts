/**
 * Apps: which apps there are, where each listens, and how the set changes.
 *
 * Belongs here: the registry as a value, its merge with the configuration, the plan from one set to another. Does not
 * belong here: the file, the sockets, and what a stream of an app does.
 */
export { type Declarations, type DeclaredApp, declareApps } from './declared-app.ts'
export { type AppChanges, planChanges } from './plan-changes.ts'
export { candidatePorts, PORT_RANGE } from './port-choice.ts'
export {
  addToRegistry,
  EMPTY_REGISTRY,
  formatRegistry,
  parseRegistry,
  REGISTRY_MAX_BYTES,
  type Registry,
  removeFromRegistry,
} from './registry.ts'

/**
 * `npm run soak -- --isolation [--minutes N] [--rate N] [--rounds N] [--seed N]`: streams for long, with the auditor on.
 *
 * `npm run soak -- --run`: browsers with windows, confined, two identities of each at once.
 *
 * `npm run soak -- [--rounds N] [--freeze SECONDS]`: the parts killed and stopped again and again, 20 rounds by default.
 */
import { join } from 'node:path'
import { ensurePackages, ensurePrograms, ROOT, runNode, SOAK_RUN_PROGRAMS, TEST_PROGRAMS } from './setup.mjs'

ensurePackages()
const args = process.argv.slice(2)
const [soak, programs] = args.includes('--run')
  ? ['soak-run.ts', [...TEST_PROGRAMS, ...SOAK_RUN_PROGRAMS]]
  : [args.includes('--isolation') ? 'soak-isolation.ts' : 'soak.ts', TEST_PROGRAMS]
ensurePrograms(programs)
process.exit(runNode([join(ROOT, 'deploy', 'dev', soak), ...args]))

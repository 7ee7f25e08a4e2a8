/**
 * `npm run soak -- --isolation [--minutes N] [--rate N] [--rounds N] [--seed N]`: streams for long, with the auditor on.
 *
 * `npm run soak -- [--rounds N] [--freeze SECONDS]`: the parts killed and stopped again and again, 20 rounds by default.
 */
import { join } from 'node:path'
import { ensurePackages, ensurePrograms, ROOT, runNode, TEST_PROGRAMS } from './setup.mjs'

ensurePackages()
ensurePrograms(TEST_PROGRAMS)
const soak = process.argv.includes('--isolation') ? 'soak-isolation.ts' : 'soak.ts'
process.exit(runNode([join(ROOT, 'deploy', 'dev', soak), ...process.argv.slice(2)]))

/** `npm run soak -- [--rounds N] [--freeze SECONDS]`: the parts killed and stopped again and again, 20 rounds by default. */
import { join } from 'node:path'
import { ensurePackages, ensurePrograms, ROOT, runNode, TEST_PROGRAMS } from './setup.mjs'

ensurePackages()
ensurePrograms(TEST_PROGRAMS)
process.exit(runNode([join(ROOT, 'deploy', 'dev', 'soak.ts'), ...process.argv.slice(2)]))

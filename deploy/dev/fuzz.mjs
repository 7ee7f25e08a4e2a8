/** `npm run fuzz -- [--inputs N] [--seed N] [--only NAME]`: mutated inputs into every decoder, ten million by default. */
import { join } from 'node:path'
import { ensurePackages, ROOT, runNode } from './setup.mjs'

ensurePackages()
process.exit(runNode([join(ROOT, 'deploy', 'dev', 'fuzz.ts'), ...process.argv.slice(2)]))

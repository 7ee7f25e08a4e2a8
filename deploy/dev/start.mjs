/** `npm start` and `npm run lab`: bring what is missing, then `cordon up`. */
import { join } from 'node:path'
import { ensurePackages, ensurePrograms, PROGRAMS, ROOT, runNode } from './setup.mjs'

ensurePackages()
ensurePrograms(PROGRAMS)
const cordon = join(ROOT, 'services', 'supervisor', 'bin', 'cordon.js')
process.exit(runNode([cordon, 'up', ...process.argv.slice(2)]))

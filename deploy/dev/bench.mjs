/** `npm run bench`: bring what is missing, then measure. Arguments go to the report: `npm run bench -- --help`. */
import { join } from 'node:path'
import { ensurePackages, ensurePrograms, PROGRAMS, ROOT, runNode } from './setup.mjs'

ensurePackages()
ensurePrograms([...PROGRAMS, 'microsocks', 'danted', 'dnsperf', 'unbound'])
process.exit(runNode([join(ROOT, 'deploy', 'bench', 'main.ts'), ...process.argv.slice(2)]))

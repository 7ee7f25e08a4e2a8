/** `npm run scaling`: write the tables of deploy/SCALING.md from what is assumed and what was measured. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fillScaling } from '../bench/scaling/document.ts'

const path = fileURLToPath(new URL('../SCALING.md', import.meta.url))
writeFileSync(path, fillScaling(readFileSync(path, 'utf8')))

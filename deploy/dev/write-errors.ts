/** Writes shared/src/errors/ERRORS.md from the catalogue; a test holds the two together. */
import { writeFileSync } from 'node:fs'
import { CATALOGUE } from '../../shared/src/errors/index.ts'

const rows = Object.entries(CATALOGUE)
  .map(([code, { meaning, action }]) => `| \`${code}\` | ${meaning} | ${action} |`)
  .sort()

const text = `# Errors

Every code that Cordon prints or answers with, what it means, and what to do. Written by \`npm run errors\` from
catalogue.ts.

| code | meaning | what to do |
| --- | --- | --- |
${rows.join('\n')}
`
writeFileSync(new URL('../../shared/src/errors/ERRORS.md', import.meta.url), text)

import { chmod } from 'node:fs/promises'
import t from 'tap'
import { findPrograms } from '../../src/edge/find-programs.ts'
import { PACKAGES } from '../../src/programs.ts'

t.test('programs that are missing, or not for us to run, are named with their packages', async t => {
  const directory = t.testdir({ tor: '#!/bin/sh\n', ip: 'not executable' })
  await chmod(`${directory}/tor`, 0o755)
  t.throws(() => findPrograms([directory]), {
    code: 'LAB_PROGRAM_MISSING',
    message: /needs tor-gencert, ip, mount,/,
    next: 'Run: sudo apt install tor iproute2 mount util-linux',
  })
})

t.test('the first directory that has a program wins', async t => {
  const all = Object.fromEntries(Object.keys(PACKAGES).map(name => [name, '']))
  const directory = t.testdir({ first: { tor: '' }, second: all })
  for (const path of ['first/tor', ...Object.keys(PACKAGES).map(name => `second/${name}`)])
    await chmod(`${directory}/${path}`, 0o755)
  t.match(findPrograms([`${directory}/first`, `${directory}/second`]), {
    tor: `${directory}/first/tor`,
    ip: `${directory}/second/ip`,
  })
})

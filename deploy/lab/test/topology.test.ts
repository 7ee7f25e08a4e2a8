import t from 'tap'
import { SITES } from '../src/sites/index.ts'
import { AUTHORITIES, EXITS, NAME_SERVER, ONION_HOST } from '../src/topology.ts'

const members = [...AUTHORITIES, ...EXITS, ONION_HOST]
const addresses = [...members, ...SITES].map(({ address }) => address).concat(NAME_SERVER)

t.test('every address is in the range that nobody routes', async t => {
  for (const address of addresses) t.match(address, /^198\.1[89]\.\d{1,3}\.\d{1,3}$/)
})

t.test('no address, nickname or name is given twice', async t => {
  for (const values of [addresses, members.map(({ nickname }) => nickname), SITES.map(({ name }) => name)])
    t.equal(new Set(values).size, values.length)
})

t.test('a nickname says that it is the lab, and tor takes it', async t => {
  for (const { nickname } of members) t.match(nickname, /^lab[a-z0-9]{1,16}$/)
})

t.test('a site has a reserved name in lower case', async t => {
  for (const { name } of SITES) t.match(name, /^[a-z0-9.-]+\.example$/)
})

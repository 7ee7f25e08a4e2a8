import { findInProduct, isSigned, PRODUCT_ID_PATTERN, PRODUCT_SETTINGS } from '@cordon/shared/contracts'
import { fits } from '@cordon/shared/schema'
import t from 'tap'
import { CATALOGUE_OF_PRODUCTS, completeProduct, listAddresses } from '../../src/products/index.ts'

t.test('every product of the catalogue keeps the laws that a person’s must keep', t => {
  const entries = Object.entries(CATALOGUE_OF_PRODUCTS)
  t.equal(entries.length, 12)
  for (const [id, settings] of entries) {
    t.match(id, new RegExp(PRODUCT_ID_PATTERN))
    t.ok(fits(PRODUCT_SETTINGS, settings), id)
    t.same(findInProduct([id], settings), [], id)
    t.ok(settings.installed, `${id} says where the version on this machine is`)
    if (isSigned(settings)) t.ok(settings.silenceDays, `${id} has a limit of silence`)
    for (const address of listAddresses({ id, settings })) {
      if (address?.startsWith('http:')) t.match(address, /^http:\/\/[a-z2-7]{56}\.onion\//, `${id}: clear HTTP`)
    }
  }
  t.end()
})

t.test('what a person says replaces what the catalogue says; the onion service is asked first', t => {
  const complete = completeProduct('debian', { suite: 'bookworm' }, '/keys')
  t.match(complete, {
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    settings: { kind: 'apt', suite: 'bookworm' },
  })
  if (complete !== undefined) t.match(listAddresses(complete)[0], /onion/)
  t.equal(completeProduct('tor-browser', {}, '/keys')?.keyring, '/keys/tor-browser.gpg')
  t.equal(completeProduct('nothing', {}, '/keys'), undefined)
  t.same(listAddresses({ id: 'x', settings: { kind: 'github', package: 'a/b' } }), [undefined])
  t.end()
})

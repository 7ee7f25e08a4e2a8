import t from 'tap'
import { SHELF_MAX_BYTES, Shelf } from '../../src/sites/files.ts'

t.test('a shelf gives back what was put there, the newest of a path, and takes no more than its room', async t => {
  const shelf = new Shelf()
  t.equal(shelf.get('/a'), undefined)
  t.ok(shelf.put('/a', Buffer.from('one')))
  t.ok(shelf.put('/a', Buffer.from('two')))
  t.equal(shelf.get('/a')?.toString(), 'two')
  t.notOk(shelf.put('/b', Buffer.alloc(SHELF_MAX_BYTES)))
  t.ok(shelf.put('/a', Buffer.alloc(SHELF_MAX_BYTES)), 'what it replaces makes room')
})

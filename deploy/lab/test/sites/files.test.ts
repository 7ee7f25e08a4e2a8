import t from 'tap'
import { SEEN_MAX, SHELF_MAX_BYTES, Shelf, VisitorBook } from '../../src/sites/files.ts'

t.test('a shelf gives back what was put there, the newest of a path, and takes no more than its room', async t => {
  const shelf = new Shelf()
  t.equal(shelf.get('/a'), undefined)
  t.ok(shelf.put('/a', Buffer.from('one')))
  t.ok(shelf.put('/a', Buffer.from('two'), 'text/html'))
  t.same(shelf.get('/a'), { content: Buffer.from('two'), mediaType: 'text/html' })
  t.notOk(shelf.put('/b', Buffer.alloc(SHELF_MAX_BYTES)))
  t.ok(shelf.put('/a', Buffer.alloc(SHELF_MAX_BYTES)), 'what it replaces makes room')
})

t.test('a visitor book tells who asked for a file, in order, and forgets the oldest', async t => {
  const book = new VisitorBook()
  const seen = (remoteAddress: string) => ({ remoteAddress, headers: [], tls: null })
  t.not(book.enter('/a', seen('1')), book.enter('/a', seen('2')), 'each has a number of its own')
  t.same(
    book.of('/a').map(({ remoteAddress }) => remoteAddress),
    ['1', '2'],
  )
  t.same(book.of('/b'), [])
  for (let n = 0; n < SEEN_MAX; n++) book.enter('/b', seen('3'))
  t.same(book.of('/a'), [])
  t.equal(book.of('/b').length, SEEN_MAX)
})

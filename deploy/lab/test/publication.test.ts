import t from 'tap'
import { countUpload, isPublished, UNPUBLISHED, type UploadEvent } from '../src/publication.ts'

const after = (...events: UploadEvent[]) => isPublished(events.reduce(countUpload, UNPUBLISHED))

t.test('published when every upload has ended and one ended well', async t => {
  t.notOk(after())
  t.notOk(after('begun', 'begun', 'uploaded'), 'a client may ask the other directory')
  t.ok(after('begun', 'begun', 'uploaded', 'uploaded'))
  t.ok(after('begun', 'begun', 'failed', 'uploaded'))
  t.notOk(after('begun', 'failed'))
})

import t from 'tap'
import { ReadBuffer } from '../../../src/runtime/edge/read-buffer.ts'

t.test('memory grows while reads fill it, up to 256 KiB', async t => {
  const buffer = new ReadBuffer()
  const sizes = Array.from({ length: 5 }, () => {
    const { length } = buffer.memory
    buffer.learn(length)
    return length
  })
  t.same(sizes, [512, 4096, 32_768, 262_144, 262_144])
})

t.test('memory stays when a read leaves room, and is small again after a small read', async t => {
  const buffer = new ReadBuffer()
  buffer.learn(512)
  const grown = buffer.memory
  buffer.learn(4095)
  t.equal(buffer.memory, grown)
  buffer.learn(512)
  t.equal(buffer.memory.length, 512)
})

t.test('a small read keeps small memory as it is', async t => {
  const buffer = new ReadBuffer()
  const { memory } = buffer
  buffer.learn(1)
  t.equal(buffer.memory, memory)
})

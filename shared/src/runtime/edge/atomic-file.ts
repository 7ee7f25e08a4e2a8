import { constants, type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Fault, systemCode } from '../../errors/index.ts'

/**
 * Replace the file at `path` so that after a kill at any moment either the old or the new content is there, whole.
 *
 * The new content is written beside it (0600), flushed, and renamed over it; then the directory is flushed. A
 * symbolic link at `path` is replaced, never followed.
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const directory = dirname(path)
  // One name, so that a draft which a kill left behind is replaced by the next: each file has one writer.
  const draft = join(directory, `.${basename(path)}.draft`)
  try {
    await rm(draft, { force: true })
    await flushed(draft, 'wx', file => file.writeFile(content))
    await rename(draft, path)
    await flushed(directory, 'r', async () => {})
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {}) // the disk may be full or gone: the first failure is the one to tell
    throw new Fault('CFG_UNREADABLE', `${path} cannot be written (${systemCode(cause) ?? 'unknown error'})`, {
      where: 'host',
      retry: 'after-waiting',
      next: 'Check the free space, the owner and the mode of its directory.',
      cause,
    })
  }
}

async function flushed(path: string, flags: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600)
  try {
    await use(file)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Read the whole file at `path`, or return undefined where there is none.
 *
 * More than `maxBytes`, or anything but a regular file, is a Fault `CFG_UNREADABLE`.
 */
export async function readFileBounded(path: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    // Without O_NONBLOCK, opening a FIFO that somebody left here would wait for ever.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      return await readWhole(file, maxBytes)
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    const why = cause instanceof Error && systemCode(cause) === undefined ? cause.message : systemCode(cause)
    throw new Fault('CFG_UNREADABLE', `${path} cannot be read (${why ?? 'unknown error'})`, {
      where: 'host',
      retry: 'never',
      next: 'Check what it is, its owner and its mode.',
      cause,
    })
  }
}

async function readWhole(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const found = await file.stat()
  if (!found.isFile()) throw new Error('not a regular file')
  const buffer = Buffer.alloc(maxBytes + 1)
  let length = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
    length += bytesRead
    if (length > maxBytes) throw new Error(`larger than ${maxBytes} bytes`)
    if (bytesRead === 0) return buffer.subarray(0, length)
  }
}

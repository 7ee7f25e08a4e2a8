/** Runtime edge: this machine's files, sockets, clock and system calls, as more than one part needs them. */
export { announce, onStop } from './announce.ts'
export { readFileBounded, writeFileAtomically } from './atomic-file.ts'
export { monotonicNow, withDeadline } from './deadline.ts'
export type { DirectoryLock } from './directory-lock.ts'
export { lockDirectory } from './directory-lock.ts'
export { peerUid } from './peer-uid.ts'
export { openPrivateDirectory } from './private-directory.ts'
export { answers, checkUnixPath, listenPrivately, UNIX_PATH_MAX_BYTES } from './private-socket.ts'

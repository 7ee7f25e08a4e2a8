import { give, type Instruction, load, unlessEqual, whenAtLeast, whenEqual } from './instruction.ts'
import type { Machine } from './machine.ts'

/** Offsets in struct seccomp_data (linux/seccomp.h). The low half of an argument comes first: both are little-endian. */
export const DATA = { call: 0, audit: 4, firstArgument: 16, secondArgument: 24 } as const

const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97

/** What the filter may say (SECCOMP_RET_…). */
export const VERDICT = {
  allow: ALLOW,
  notPermitted: ERRNO | EPERM,
  noSuchCall: ERRNO | ENOSYS,
  noSuchFamily: ERRNO | EAFNOSUPPORT,
} as const

/**
 * Address families that a network namespace separates, or that reach no further than this kernel: AF_UNIX, AF_INET,
 * AF_INET6, AF_NETLINK and AF_ALG (socket.h). AF_VSOCK is not among them: it reaches the hypervisor from any namespace.
 */
export const FAMILIES = [1, 2, 10, 16, 38] as const

/** Sets the terminal's input as if typed: a way into the shell that started us. Both are from asm/ioctls.h. */
export const TIOCSTI = 0x5412
export const TIOCLINUX = 0x541c

const IO_URING_CALLS = [425, 426, 427] as const
const X32_BIT = 0x40000000

/**
 * Write the system call filter of a confined program.
 *
 * It closes what a network namespace leaves open: foreign address families; io_uring, whose socket operations no filter
 * sees; the key calls, with which the kernel starts a resolver outside (`dns_resolver`); typing into the terminal. Calls
 * of another ABI (i386, x32) are unknown to it and refused, so 32-bit programs do not start.
 */
export function writeFilter(machine: Machine): readonly Instruction[] {
  return [
    load(DATA.audit),
    ...unlessEqual(machine.audit, [give(VERDICT.noSuchCall)]),
    load(DATA.call),
    ...(machine.hasX32 ? whenAtLeast(X32_BIT, [give(VERDICT.noSuchCall)]) : []),
    ...IO_URING_CALLS.flatMap(call => whenEqual(call, [give(VERDICT.noSuchCall)])),
    ...machine.keyCalls.flatMap(call => whenEqual(call, [give(VERDICT.notPermitted)])),
    ...whenEqual(machine.ioctl, [
      load(DATA.secondArgument),
      ...[TIOCSTI, TIOCLINUX].flatMap(request => whenEqual(request, [give(VERDICT.notPermitted)])),
      give(VERDICT.allow),
    ]),
    ...whenEqual(machine.socket, [
      load(DATA.firstArgument),
      ...FAMILIES.flatMap(family => whenEqual(family, [give(VERDICT.allow)])),
      give(VERDICT.noSuchFamily),
    ]),
    give(VERDICT.allow),
  ]
}

/**
 * Desktop: entries of menus that start a program confined, beside the program's own.
 *
 * Belongs here: entries and icons as text. Does not belong here: finding and writing files.
 */
export { drawIcon } from './badge.ts'
export { entryName, readMark, writeEntry } from './entry.ts'

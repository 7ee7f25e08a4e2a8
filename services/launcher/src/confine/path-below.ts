/** Report whether an absolute path is `directory` or lies below it. Both are normal: no `.`, no `..`, no end slash. */
export const isBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)

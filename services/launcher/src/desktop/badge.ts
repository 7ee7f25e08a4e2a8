/** Colours that can be told apart, one for an app, chosen by its name. */
const COLOURS = ['#7d4698', '#1b7f79', '#b3541e', '#2f5aa8', '#8a6d00', '#a3264d'] as const

/** Choose the colour of an app's badge: the same at every start. */
export const chooseColour = (app: string): string =>
  COLOURS[[...app].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % COLOURS.length] ?? COLOURS[0]

/**
 * Draw an icon with a badge: the original as it is, and a disc with the app's first letter.
 *
 * `original` is a picture as a data URL, or undefined where none was found. The letter comes out of an app's name, which
 * holds nothing that a picture could be made to do.
 */
export function drawIcon(app: string, original: string | undefined): string {
  const [letter = ''] = app
  const below =
    original === undefined
      ? '<rect width="128" height="128" rx="24" fill="#444"/>'
      : `<image width="128" height="128" href="${original}"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">
${below}
<circle cx="96" cy="96" r="32" fill="${chooseColour(app)}" stroke="#fff" stroke-width="4"/>
<text x="96" y="110" font-family="sans-serif" font-size="40" font-weight="bold" fill="#fff" text-anchor="middle">${letter.toUpperCase()}</text>
</svg>
`
}

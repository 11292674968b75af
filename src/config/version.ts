/** version is the program's own; a test holds it to package.json. */
export const version = '0.1.0'

/** userAgent names the program to every server that it talks to. */
export const userAgent = `shiftgate/${version}`

/** ValueError is a mistake inside a value of the config file, at a place of the text (offset in characters). */
export class ValueError extends Error {
  readonly offset: number

  constructor(offset: number, text: string) {
    super(text)
    this.offset = offset
  }
}

/**
 * PromqlError is a query that can't be answered: `bad_data` for one that can't be understood (or is outside
 * the subset that is evaluated), `execution` for one that fails on the data.
 */
export class PromqlError extends Error {
  readonly type: 'bad_data' | 'execution'

  constructor(type: 'bad_data' | 'execution', message: string) {
    super(message)
    this.name = 'PromqlError'
    this.type = type
  }
}

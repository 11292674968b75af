import { describe, expect, test } from '@jest/globals'
import { maskSecrets } from '../../src/release/text/masking.ts'

describe('what a helper program wrote', () => {
  test.each([
    ['a token', 'got eyJhbGciOiJSUzI1NiIsImtpZCI6 from sts', 'got *** from sts'],
    ['each part of a JWT', 'a.eyJhbGciOiJSUzI1NiIs.eyJzdWIiOiIxMjM0NTY3ODkw', 'a.***.***'],
    ['a known value, also a short one', 'password hunter2 was refused', 'password *** was refused'],
    ['no address and no path', 'dial https://sts.eu-west-1.amazonaws.com/login: refused', null],
    ['no long word', 'could not find configuration-of-the-pipeline', null],
  ])('%s is taken out, and the rest stays', (_name, text, masked) => {
    expect(maskSecrets(text, ['hunter2', 'of'])).toBe(masked ?? text)
  })
})

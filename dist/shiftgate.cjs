#!/usr/bin/env node
// Old enough in its words for any Node to read: it says what is wrong before newer words fail to parse.
'use strict'
var wanted = 24
var found = process.versions.node
if (Number(found.split('.')[0]) < wanted) {
  process.stderr.write(
    [
      'shiftgate: needs Node ' + wanted + ' or newer; this is Node ' + found + '.',
      'Install Node ' + wanted + ' from https://nodejs.org and run it again.\n'
    ].join('\n')
  )
  process.exit(2)
} else {
  require('./index.js')
}

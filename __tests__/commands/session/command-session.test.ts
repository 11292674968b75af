import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { Adapters } from '../../../src/commands/session/adapters.ts'
import { openCommandSession } from '../../../src/commands/session/command-session.ts'
import type { CommandContext } from '../../../src/commands/session/context.ts'
import { createInMemoryRouting } from '../../../src/simulation/in-memory-routing.ts'
import { resolve } from '../../config/raw-request.ts'

const never = async () => {
  throw new Error('opening a workplace asks nobody')
}

/** Doors that nothing goes through; their secrets are what the list holds at the moment. */
function closedAdapters(secrets: string[]): Adapters {
  return {
    isDeadHolder: () => false,
    cluster: {
      name: 'test',
      can: never,
      get: never,
      list: never,
      serverTime: never,
      tokenExpiry: () => null,
      workloads: never,
      objects: never,
      object: never,
      createObject: never,
      patchObject: never,
      deleteObject: never,
      lease: never,
      createLease: never,
      updateLease: never,
      releaseLease: never,
      startWatchdog: never,
      watchdogStatus: never,
      instructWatchdog: never,
      stopWatchdog: never,
    },
    routing: createInMemoryRouting('v1'),
    metrics: null,
    probe: never,
    forge: null,
    clock: { now: () => 0, sleep: never },
    secrets: () => secrets,
    close: () => {},
  }
}

test('a secret is masked once, and one that a renewed credential brought before the next event is shown', async () => {
  const reportDir = mkdtempSync(join(tmpdir(), 'shiftgate-workplace-'))
  const { request } = resolve({
    namespace: 'shop',
    service: 'my-api',
    version: 'v2',
    'prometheus-url': 'http://p.test',
  })
  const secrets = ['first-token']
  const reported: string[] = []
  const context: CommandContext = {
    env: {},
    signal: new AbortController().signal,
    random: () => 0,
    onEvent: (event) => reported.push(`event ${event.type}`),
    mask: (secret) => reported.push(`mask ${secret}`),
    userAgent: 'test',
    hasPost: false,
    openAdapters: async () => closedAdapters(secrets),
  }
  const { recorder } = await openCommandSession({ ...request, reportDir }, context)
  recorder.record({ type: 'warning', code: 'recovery', details: { error: 'one' } })
  secrets.push('renewed-token')
  recorder.record({ type: 'warning', code: 'recovery', details: { error: 'two' } })
  recorder.record({ type: 'warning', code: 'recovery', details: { error: 'three' } })
  expect(reported).toEqual([
    'mask first-token',
    'event warning',
    'mask renewed-token',
    'event warning',
    'event warning',
  ])
  rmSync(reportDir, { recursive: true })
})

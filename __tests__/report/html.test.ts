import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { renderHtml } from '../../src/report/html/page.ts'
import { openChromium } from './chromium.ts'
import { at, promoted, release, rolledBack, running, start } from './records.ts'

const facts = { now: start + 600_000, runUrl: 'https://github.test/shop/my-api/actions/runs/1' }
// A browser takes its time on a busy machine.
jest.setTimeout(60_000)

let browser: Browser
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'report-'))
  browser = await openChromium()
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Visit is a report as a browser shows it, with all that it complained of and asked for. */
interface Visit {
  page: Page
  complaints: string[]
  requests: string[]
}

async function visit(record: readonly RecordEvent[], use: (visit: Visit) => Promise<void>): Promise<void> {
  const file = join(folder, 'report.html')
  writeFileSync(file, renderHtml(record, facts))
  const context = await browser.newContext({ viewport: { width: 1000, height: 900 }, colorScheme: 'light' })
  const page = await context.newPage()
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => {
    complaints.push(dialog.message())
    void dialog.dismiss()
  })
  page.on('request', (request) => requests.push(request.url()))
  const url = pathToFileURL(file).href
  await page.goto(url)
  await use({ page, complaints, requests })
  expect(complaints).toEqual([])
  expect(requests.filter((request) => request !== url && request !== 'data:,')).toEqual([])
  await context.close()
}

const rowTexts = async (page: Page) =>
  (await page.getByRole('table', { name: 'Steps' }).getByRole('row').allInnerTexts()).map((text) =>
    text.replace(/\s+/g, ' ').trim(),
  )

describe('the HTML report in a browser', () => {
  test('a release that went out', async () => {
    await visit(promoted, async ({ page }) => {
      expect(await page.title()).toBe('v2 is serving all of shop/my-api')
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(
        'v2 is serving all of shop/my-api',
      )
      expect(await rowTexts(page)).toEqual([
        'Target Verdict Actual Canary failed Stable failed Time',
        '10% passed rules out failing 1 point more often than stable 10% 0.17% 2 of 1,200 0.12% 13 of 10,800 2m30s',
        '50% passed rules out failing 0.5 points more often than stable 50% 0.19% 10 of 5,400 0.11% 6 of 5,400 2m15s',
        '100% passed rules out failing 0.5 points more often than stable did before 100% 0.2% 19 of 9,600 no traffic left 2m',
      ])
      expect(await page.getByRole('columnheader', { name: 'Canary failed' }).first().isVisible()).toBe(true)
      expect(await page.getByRole('rowheader', { name: '50%' }).first().isVisible()).toBe(true)
      expect(await page.getByText('shiftgate rollback --namespace shop --service my-api').isVisible()).toBe(
        true,
      )
    })
  })

  test('the charts draw every poll, the steps and their verdicts, and say so to who cannot see', async () => {
    await visit(rolledBack, async ({ page }) => {
      const errors = page.getByRole('img', { name: 'Failed requests of canary and stable over time' })
      expect(await errors.isVisible()).toBe(true)
      expect(await errors.locator('.side.canary circle').count()).toBe(13)
      expect(await errors.locator('.side.stable circle').count()).toBe(13)
      expect(await errors.locator('.band').count()).toBe(2)
      expect(await errors.locator('.mark.good').count()).toBe(1)
      expect(await errors.locator('.mark.bad').count()).toBe(1)
      expect(await errors.locator('desc').textContent()).toContain('50% failed: fails 5% of its requests')
      expect(await errors.locator('.side.canary title').last().textContent()).toBe(
        '3m15s: canary, 30 of 600 failed (5%)',
      )
      // The last canary point stands at the top of an axis that ends at 5%.
      const height = async (selector: string) =>
        (await errors.locator(selector).last().boundingBox())?.y ?? NaN
      expect(await height('.side.canary circle')).toBeLessThan((await height('.side.stable circle')) - 150)
      const share = page.getByRole('img', {
        name: "The canary's share of traffic, target and actual, over time",
      })
      expect(await share.locator('.target').count()).toBe(1)
      expect(await share.locator('desc').textContent()).toBe(
        'Target 10%, actual 10%. Target 50%, actual 50%.',
      )
    })
  })

  test('a time without data is a gap in the line', async () => {
    await visit(promoted, async ({ page }) => {
      const path = await page.locator('.side.stable path').first().getAttribute('d')
      expect(path?.match(/M/g)).toHaveLength(2)
    })
  })

  test('what is folded opens: each write with its patch', async () => {
    await visit(running, async ({ page }) => {
      const patch = page.getByText('"path":"/spec/http/0/route/1/weight","value":50')
      expect(await patch.isVisible()).toBe(false)
      await page.getByText('Written to the cluster: 3 changes').click()
      expect(await patch.isVisible()).toBe(true)
      expect(await page.getByText('to come').isVisible()).toBe(true)
    })
  })

  test('it is dark where the reader wants that, with text that can be read', async () => {
    await visit(rolledBack, async ({ page }) => {
      const light = await colours(page)
      await page.emulateMedia({ colorScheme: 'dark' })
      const dark = await colours(page)
      expect(light.map(luminance)).toEqual([expect.closeTo(0.93, 1), expect.any(Number)])
      for (const [back, text] of [light, dark])
        expect(contrast(back as string, text as string)).toBeGreaterThan(7)
      expect(luminance(dark[0] as string)).toBeLessThan(0.05)
    })
  })

  test('it fits on a phone', async () => {
    await visit(rolledBack, async ({ page }) => {
      await page.setViewportSize({ width: 390, height: 800 })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    })
  })

  test('hostile texts stay texts', async () => {
    const text = '</style></title><script>alert(1)</script><img src="https://evil.test/x" onerror="alert(2)">'
    const warning: RecordEvent = { at: at(1), type: 'warning', code: 'x', text }
    await visit([release({ canary: text }), warning], async ({ page }) => {
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain(
        '<script>alert(1)</script>',
      )
      expect(await page.locator('script, img').count()).toBe(0)
    })
  })
})

async function colours(page: Page): Promise<string[]> {
  const style = 'getComputedStyle(document.body)'
  return page.evaluate<string[]>(`[${style}.backgroundColor, ${style}.color]`)
}

// Relative luminance and contrast as WCAG 2 defines them.
function luminance(colour: string): number {
  const [red, green, blue] = (colour.match(/\d+/g) ?? []).map((part) => {
    const value = Number(part) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

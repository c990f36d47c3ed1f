import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'
import type { Teardown } from './teardown.js'

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
]
const executablePath = process.env.CHROMIUM ?? INSTALLED.find(existsSync)

/** Options of a test that needs a browser. Without one the test is skipped visibly, or fails if REQUIRE_BROWSER=1. */
export const needsBrowser: { skip?: string } =
  executablePath || process.env.REQUIRE_BROWSER === '1'
    ? {}
    : { skip: 'no Chromium is installed: apt-get install chromium, or set CHROMIUM to its path' }

/** Starts a Chromium without a window; it is closed when the test ends. */
export async function launchBrowser(t: Teardown): Promise<Browser> {
  if (!executablePath) throw new Error('REQUIRE_BROWSER is set, and no Chromium is installed')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  t.teardown(() => browser.close())
  return browser
}

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

/** A command that the README shows, with what it answers. */
export interface ReadmeStep {
  command: string
  answer: string
  /** JSON is compared by value, text by its beginning. */
  kind: 'json' | 'text'
}

/** What differs from run to run: our own clock's time of receipt, and nothing else. */
const VARIES = new Set(['receivedAt', 'ce_receivedat'])

/** The blocks marked `<!-- run -->`, each with the one marked `<!-- answer -->` that follows it. */
export function readmeSteps(readme: string): ReadmeStep[] {
  const marked = /<!-- run -->\n```sh\n([\s\S]*?)\n```\n\n<!-- answer -->\n```(json|text)\n([\s\S]*?)\n```/g
  return [...readme.matchAll(marked)].map(([, command = '', kind, answer = '']) => ({
    command,
    answer,
    kind: kind === 'json' ? 'json' : 'text'
  }))
}

/** The same text for the same JSON, whatever its formatting; what varies must still be an instant. */
export function masked(text: string): string {
  try {
    return JSON.stringify(
      JSON.parse(text, (key, value) =>
        VARIES.has(key) && !Number.isNaN(Date.parse(String(value))) ? 'an instant' : (value as unknown)
      ),
      null,
      2
    )
  } catch {
    return text
  }
}

/** What the commands print, run in the project's folder by a shell that stops at the first failure. */
export function runInShell(script: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      'bash',
      ['-euc', script],
      { cwd: PROJECT_ROOT, env: { ...process.env, ...env }, timeout: 20_000 },
      (err, stdout, stderr) => {
        if (err) reject(new Error(`${err.message}\n${stderr}`))
        else resolve(stdout.replaceAll('\r\n', '\n'))
      }
    )
  })
}

/** The files below the folder whose bytes hold the text. */
export function filesHolding(dir: string, text: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
    .filter(file => readFileSync(file).includes(text))
}

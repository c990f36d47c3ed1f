import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

/** A command in the README and its documented output. */
export interface ReadmeStep {
  command: string
  answer: string
  /** JSON is compared by value, text by its prefix. */
  kind: 'json' | 'text'
}

/** The fields that differ between runs: the times of receipt. */
const VARIES = new Set(['receivedAt', 'ce_receivedat'])

/** Returns the blocks marked `<!-- run -->`, each with the following block marked `<!-- answer -->`. */
export function readmeSteps(readme: string): ReadmeStep[] {
  const marked = /<!-- run -->\n```sh\n([\s\S]*?)\n```\n\n<!-- answer -->\n```(json|text)\n([\s\S]*?)\n```/g
  return [...readme.matchAll(marked)].map(([, command = '', kind, answer = '']) => ({
    command,
    answer,
    kind: kind === 'json' ? 'json' : 'text'
  }))
}

/** Normalizes the formatting of JSON and masks the fields that vary, which must still be instants. */
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

/** Runs a script in the project folder and returns its output. The shell stops at the first failure. */
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

/** Returns the files below the folder that contain the text. */
export function filesHolding(dir: string, text: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name))
    .filter(file => readFileSync(file).includes(text))
}

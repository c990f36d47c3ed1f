import { type FileReport, REPORT } from './report.js'

const RESULT = /^(not )?ok \d+ - (\S+)/
const FAILED = /^(\s*)not ok \d+ - (.*)$/
const SKIPPED = /^\s+ok \d+ - .*# SKIP/
const FILE_REPORT = `# ${REPORT}`

export interface EndedFile extends FileReport {
  ok: boolean
  /** All TAP lines of the file. */
  lines: string[]
}

export interface Digest {
  /** Reads the next piece of the output of a worker, and returns the files that ended in it. */
  write(text: string): EndedFile[]
  /** Returns the lines that belong to no ended file. */
  end(): string[]
}

/** Reads the output of a worker. */
export function createDigest(): Digest {
  let lines: string[] = []
  let rest = ''
  let ok = true
  const readLine = (line: string): EndedFile[] => {
    if (line.startsWith(FILE_REPORT)) {
      const report = JSON.parse(line.slice(FILE_REPORT.length)) as FileReport // written by worker.ts
      const ended = { ...report, ok: ok && report.failed === 0 && report.faults.length === 0, lines }
      lines = []
      ok = true
      return [ended]
    }
    if (RESULT.exec(line)?.[1]) ok = false
    lines.push(line)
    return []
  }
  return {
    write(text) {
      const complete = (rest + text).split('\n')
      rest = complete.pop() ?? ''
      return complete.flatMap(readLine)
    },
    end: () => [...lines, rest].filter(line => line.trim() !== '')
  }
}

/** The lines of a file to print: all lines of a failed file, otherwise only the skipped tests. */
export function relevantLines({ ok, lines }: Pick<EndedFile, 'ok' | 'lines'>): string[] {
  return lines.filter(line => line.trim() !== '' && !RESULT.test(line) && (!ok || SKIPPED.test(line)))
}

/** Returns `file > test > assertion` for each failed line, in order. */
export function failureNames(lines: readonly string[]): string[] {
  const path: { depth: number; name: string }[] = []
  const names: string[] = []
  let depthBefore = -1
  for (const line of lines.toReversed()) {
    const failed = FAILED.exec(line)
    if (!failed) continue
    const [, indent = '', text = ''] = failed
    while (path.length > 0 && (path.at(-1)?.depth ?? 0) >= indent.length) path.pop()
    if (indent.length > depthBefore && names.length > 0) names.pop() // the deeper line includes its parent
    path.push({ depth: indent.length, name: text.replace(/ # time=.*$/, '').replace(/ \{$/, '') })
    names.push(path.map(({ name }) => name).join(' > '))
    depthBefore = indent.length
  }
  return names.toReversed()
}

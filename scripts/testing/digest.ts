// What a reader needs of a TAP stream: a line for each file, all of a file that failed, and the failures once more at
// the end.

const FILE_RESULT = /^(not )?ok \d+ - (\S+)/
const FAILED = /^(\s*)not ok \d+ - (.*)$/
const SKIPPED = /^\s+ok \d+ - .*# SKIP/

export interface Digest {
  /** What is to be printed for the lines that have come. */
  write(text: string): string
  /** What is left: an unfinished file, and a line for each failure. */
  end(): string
}

/** Lines of a file are held until its result comes; with `all` they are passed through. */
export function digest({ all }: { all: boolean }): Digest {
  const failures: string[] = []
  let held: string[] = []
  let rest = ''
  const lineOf = (line: string): string => {
    const file = FILE_RESULT.exec(line)
    if (!file) {
      held.push(line)
      return all ? `${line}\n` : ''
    }
    const lines = [...held, line]
    held = []
    if (file[1]) failures.push(...namesOfFailures(lines))
    if (all) return `${line}\n`
    const shown = file[1] ? lines : [...lines.filter(one => SKIPPED.test(one)), line]
    return `${shown.join('\n')}\n`
  }
  return {
    write(text) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      return lines.map(lineOf).join('')
    },
    end() {
      const unfinished = all ? '' : [...held, rest].join('\n').trimEnd()
      return [unfinished, ...failures.map(name => `# failed: ${name}`)]
        .filter(Boolean)
        .map(text => `${text}\n`)
        .join('')
    }
  }
}

/** `file > test > assertion` of each line that failed, from the file's own result back to the first. */
function namesOfFailures(lines: readonly string[]): string[] {
  const path: { depth: number; name: string }[] = []
  const names: string[] = []
  let depthBefore = -1
  for (const line of lines.toReversed()) {
    const failed = FAILED.exec(line)
    if (!failed) continue
    const [, indent = '', text = ''] = failed
    while (path.length > 0 && (path.at(-1)?.depth ?? 0) >= indent.length) path.pop()
    if (indent.length > depthBefore && names.length > 0) names.pop() // the one above is said by this one
    path.push({ depth: indent.length, name: text.replace(/ # time=.*$/, '').replace(/ \{$/, '') })
    names.push(path.map(({ name }) => name).join(' > '))
    depthBefore = indent.length
  }
  return names.toReversed()
}

export interface Progress {
  begin: (file: string) => void
  /** Prints to standard output, above the progress line. */
  print: (text: string) => void
  end: (file: { file: string; ok: boolean }) => void
  close: () => void
}

export interface ProgressOptions {
  files: readonly string[]
  /** The expected duration of a file. */
  millisecondsOf: (file: string) => number
  jobs: number
  /** The terminal that shows the progress; by default standard error, if it is a terminal. */
  terminal?: Pick<NodeJS.WriteStream, 'write'> | null
  log?: (text: string) => void
}

const REFRESH_MS = 500
const CLEAR_LINE = '\r\u001b[K'

/** Shows in one line of a terminal how many files have ended, the estimated time left, and the running files. */
export function createProgress({
  files,
  millisecondsOf,
  jobs,
  terminal = process.stderr.isTTY ? process.stderr : null,
  log = console.log
}: ProgressOptions): Progress {
  const began = Date.now()
  const expected = files.reduce((sum, file) => sum + millisecondsOf(file), 0)
  const running = new Set<string>()
  let ended = 0
  let failed = 0
  let expectedOfEnded = 0
  const show = () => {
    const elapsed = Date.now() - began
    // Assumes that the rest is as much faster or slower than expected as the files that have ended.
    const factor = expectedOfEnded > 0 ? (elapsed * jobs) / expectedOfEnded : 1
    const left = Math.ceil(((expected - expectedOfEnded) * factor) / jobs / 1000)
    const parts = [
      `${ended} of ${files.length} files`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      `about ${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`,
      [...running].join(' ')
    ]
    terminal?.write(`${CLEAR_LINE}${parts.join(', ').slice(0, process.stderr.columns ?? 120)}`)
  }
  const timer = terminal ? setInterval(show, REFRESH_MS).unref() : null
  return {
    begin: file => {
      running.add(file)
      show()
    },
    print: text => {
      terminal?.write(CLEAR_LINE)
      log(text)
    },
    end: ({ file, ok }) => {
      running.delete(file)
      ended++
      if (!ok) failed++
      expectedOfEnded += millisecondsOf(file)
      show()
    },
    close: () => {
      if (timer) clearInterval(timer)
      terminal?.write(CLEAR_LINE)
    }
  }
}

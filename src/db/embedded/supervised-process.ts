import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** A process that ends when we do, even by SIGKILL. */
export interface Kept {
  pid: number
  /** The exit code (128 + n after signal n), or null when it could not be started. */
  exited: Promise<number | null>
  /** Has the keeper send its signal. */
  end: () => void
}

export interface KeptOptions {
  /** What the keeper sends when we end it, or when we are gone. */
  signal: 'INT' | 'KILL'
  /** A file descriptor, not a pipe: a busy event loop must not stall the process. */
  output: number
  env?: NodeJS.ProcessEnv
  uid?: number
  gid?: number
}

// The shell holds the only reading end of a pipe from us, so its `read` returns when we are gone, however that
// happened.
// `read` is built in: there is no second process that could be left behind.
const KEEPER = `
  signal=$1; shift
  exec 4<&0
  "$@" </dev/null 3>&- 4<&- & child=$!
  echo $child >&3; exec 3>&-
  (read -r gone <&4; kill -$signal $child) 2>/dev/null & watch=$!
  exec 4<&- </dev/null
  wait $child; code=$?
  kill $watch 2>/dev/null
  exit $code`

/**
 * Starts the command under a shell that outlives us only long enough to end it. Resolves once its process id is known.
 */
export async function spawnKept(
  command: string,
  args: readonly string[],
  { signal, output, ...rest }: KeptOptions
): Promise<Kept> {
  // detached: Ctrl-C on a terminal reaches the whole group, and it is for us to say when the process may go
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'keeper', signal, command, ...args], {
    ...rest,
    cwd: '/',
    detached: true,
    stdio: ['pipe', output, output, 'pipe']
  })
  const {
    stdin,
    stdio: [, , , pidPipe]
  } = keeper
  stdin?.on('error', () => {}) // the keeper may be gone already
  const exited = new Promise<number | null>(resolve => {
    keeper.once('error', () => resolve(null))
    keeper.once('exit', code => resolve(code))
  })
  const pid = Number(await text(pidPipe as NodeJS.ReadableStream)) // a pipe that we asked for in stdio
  if (!pid) throw new Error(`${command} could not be started (exit code ${await exited})`)
  return { pid, exited, end: () => stdin?.end() }
}

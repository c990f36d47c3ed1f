import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** A child process that ends when this process ends, even by SIGKILL. */
export interface SupervisedProcess {
  pid: number
  /** The exit code (128 + n after signal n), or null when it could not be started. */
  exited: Promise<number | null>
  /** Makes the supervisor send its signal. */
  end: () => void
}

export interface SupervisionOptions {
  /** What the supervisor sends on `end`, or when this process has ended. */
  signal: 'INT' | 'KILL'
  /** A file descriptor instead of a pipe, since a busy event loop would block the process. */
  output: number
  env?: NodeJS.ProcessEnv
  uid?: number
  gid?: number
}

// The shell has the only reading end of a pipe from this process, so its `read` returns when this process ends, for
// whatever reason. `read` is built into the shell, so no further process can be left behind.
const SUPERVISOR = `
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
 * Starts the command under a shell that ends it when this process ends. Resolves when the id of the process is known.
 */
export async function spawnSupervised(
  command: string,
  args: readonly string[],
  { signal, output, ...rest }: SupervisionOptions
): Promise<SupervisedProcess> {
  // Detached, since Ctrl-C on a terminal signals the whole process group, and this process decides when the child ends.
  const supervisor = spawn('/bin/sh', ['-c', SUPERVISOR, 'supervisor', signal, command, ...args], {
    ...rest,
    cwd: '/',
    detached: true,
    stdio: ['pipe', output, output, 'pipe']
  })
  const {
    stdin,
    stdio: [, , , pidPipe]
  } = supervisor
  stdin?.on('error', () => {}) // the supervisor may have ended already
  const exited = new Promise<number | null>(resolve => {
    supervisor.once('error', () => resolve(null))
    supervisor.once('exit', code => resolve(code))
  })
  const pid = Number(await text(pidPipe as NodeJS.ReadableStream)) // `stdio` above requests a pipe
  if (!pid) throw new Error(`${command} could not be started (exit code ${await exited})`)
  return { pid, exited, end: () => stdin?.end() }
}

import { existsSync, readdirSync, rmSync } from 'node:fs'

/** The library of Debian's package `faketime`, per architecture. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  name => `/usr/lib/${name}/faketime/libfaketimeMT.so.1` // MT: for multi-threaded programs
)
const library = LIBRARIES.find(existsSync)

const SHARED_MEMORY = '/dev/shm'

/**
 * Returns the reason why the clock cannot be faked on this machine, or null when it can.
 * @throws Error  libfaketime is missing although REQUIRE_FAKETIME=1
 */
export function faketimeUnavailable(): string | null {
  if (library) return null
  if (process.env.REQUIRE_FAKETIME === '1') throw new Error('REQUIRE_FAKETIME is set, and libfaketime is not installed')
  return 'libfaketime is not installed: apt-get install faketime'
}

/**
 * Returns environment variables for a process whose clock starts at `instant` and advances from there. Its child
 * processes inherit the clock. Only the time of day is faked: durations and timers are real.
 */
export function faketime(instant: string): Record<string, string> {
  removeStaleClocks()
  const offsetSeconds = Math.round((Date.parse(instant) - Date.now()) / 1000)
  return {
    LD_PRELOAD: library ?? '',
    // an offset, not an instant: with an instant the clock would start again in each child process
    FAKETIME: `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}s`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_RESET: '1'
  }
}

/**
 * libfaketime names two files by process id, and a killed process leaves them behind. A later process with the same id
 * that runs as another user can neither open nor replace them, and exits.
 */
function removeStaleClocks(): void {
  for (const name of existsSync(SHARED_MEMORY) ? readdirSync(SHARED_MEMORY) : []) {
    const pid = /^(?:sem\.)?faketime_(?:sem|shm)_(\d+)$/.exec(name)?.[1]
    if (!pid || existsSync(`/proc/${pid}`)) continue
    try {
      rmSync(`${SHARED_MEMORY}/${name}`, { force: true })
    } catch {
      // another user's
    }
  }
}

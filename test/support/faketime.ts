import { existsSync } from 'node:fs'

/** Debian's package `faketime`, by the folder names of its architectures. */
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map(
  name => `/usr/lib/${name}/faketime/libfaketimeMT.so.1` // for programs with threads
)
const library = LIBRARIES.find(existsSync)

/**
 * Why no clock can be faked here, or null.
 * @throws Error  REQUIRE_FAKETIME=1 is set, and none can
 */
export function faketimeUnavailable(): string | null {
  if (library) return null
  if (process.env.REQUIRE_FAKETIME === '1') throw new Error('REQUIRE_FAKETIME is set, and libfaketime is not installed')
  return 'libfaketime is not installed: apt-get install faketime'
}

/**
 * The environment of a process whose clock shows `instant` now and runs on from there, as does that of every process
 * that it starts. Durations and timers stay true, since only the time of day is faked.
 */
export function faketime(instant: string): Record<string, string> {
  const offsetSeconds = Math.round((Date.parse(instant) - Date.now()) / 1000)
  return {
    LD_PRELOAD: library ?? '',
    // an offset, not an instant: an instant would begin anew in each process
    FAKETIME: `${offsetSeconds < 0 ? '' : '+'}${offsetSeconds}s`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_RESET: '1'
  }
}

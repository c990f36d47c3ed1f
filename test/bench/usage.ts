import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** The resources that all threads of a process have used so far. */
export interface Usage {
  cpuSeconds: number
  rssMegabytes: number
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
const MEGABYTE = 1_000_000

/** Reads the usage from /proc, which exists on Linux only. */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the process name may contain spaces
  const [utime, stime] = [Number(fields[11]), Number(fields[12])]
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { cpuSeconds: (utime + stime) / TICKS_PER_SECOND, rssMegabytes: (Number(rss) * 1024) / MEGABYTE }
}

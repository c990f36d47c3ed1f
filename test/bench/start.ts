import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { copyProject, runNpmScript } from '../support/npm-script.js'
import { type RunningService, startServiceProcess } from '../support/service.js'
import type { Bench, Context } from './context.js'
import { median } from './figures.js'
import { usageOf } from './usage.js'

const IDLE_MS = 3_000

/**
 * Measures starts of the service with the embedded Postgres: by npm in a fresh clone, and with an empty or kept
 * DATA_DIR.
 */
export const start: Bench = async context => {
  await measureNpmStart(context)
  const { print, progress, dir } = context
  const seconds = { cold: [] as number[], warm: [] as number[] }
  const idle: number[] = []
  for (let round = 1; round <= Math.min(context.rounds, 3); round++) {
    const dataDir = path.join(dir, String(round)) // empty
    for (const temperature of ['cold', 'warm'] as const) {
      progress(`${temperature} start, round ${round}`)
      const { service, startSeconds } = await timeStart(context, dataDir)
      seconds[temperature].push(startSeconds)
      if (temperature === 'warm') idle.push(await idleRss(service))
      await service.end('SIGTERM')
    }
  }
  print({ name: 'start_cold', value: median(seconds.cold), unit: 's', goal: { atMost: 10 } })
  print({ name: 'start_warm', value: median(seconds.warm), unit: 's', goal: { atMost: 2 } })
  print({ name: 'start_idle_rss', value: median(idle), unit: 'MB', goal: { atMost: 150 } })
}

async function measureNpmStart(context: Context): Promise<void> {
  const seconds = { firstLine: [] as number[], compile: [] as number[], ready: [] as number[] }
  for (let round = 1; round <= Math.min(context.rounds, 3); round++) {
    context.progress(`npm start, round ${round}`)
    const directory = path.join(context.dir, `clone-${round}`)
    copyProject(directory)
    const env = { PORT: '0', DATA_DIR: path.join(context.dir, `clone-${round}-data`) }
    const script = runNpmScript(context, 'start', { directory, env })
    const first = await script.line(/^Compiling/)
    const compiled = await script.line(/^Compiled/)
    const ready = await script.line(/"msg":"ready"/)
    await script.end('SIGTERM')
    seconds.firstLine.push(first.seconds)
    seconds.compile.push(compiled.seconds - first.seconds)
    seconds.ready.push(ready.seconds)
  }
  context.print({ name: 'npm_start_first_line', value: median(seconds.firstLine), unit: 's', goal: { atMost: 3 } })
  context.print({ name: 'npm_start_compile', value: median(seconds.compile), unit: 's', goal: { atMost: 2 } })
  context.print({ name: 'npm_start_ready', value: median(seconds.ready), unit: 's', goal: { atMost: 8 } })
}

async function timeStart(
  context: Context,
  dataDir: string
): Promise<{ service: RunningService; startSeconds: number }> {
  const startedAt = performance.now()
  const service = await startServiceProcess(context, { DATA_DIR: dataDir })
  return { service, startSeconds: (performance.now() - startedAt) / 1000 }
}

async function idleRss({ child }: RunningService): Promise<number> {
  await sleep(IDLE_MS)
  return usageOf(child.pid ?? 0).rssMegabytes
}

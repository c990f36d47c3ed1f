import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { listSegments, positionBefore } from '../../../src/event-log/local/segments.js'
import { eventually } from '../../support/eventually.js'
import { appendEach, openLog, readUntil, segmentsIn, tempDir, textOf } from './support/log.js'

const TEXTS = Array.from({ length: 30 }, (_, i) => `${i}:${'x'.repeat(30_000)}`)

t.test('a sealed segment has an index that lets a reader start near its offset', async t => {
  const dir = await written(t)
  const [first] = await listSegments(dir)
  t.ok((first?.positions.length ?? 0) >= 5, `${first?.positions.length} places`)
  const place = first && positionBefore(first, 6)
  t.ok(place && place.offset > 3 && place.offset <= 6, `reading for 6 begins at ${place?.offset}`)
  await readsAll(t, dir, 6)
})

for (const [what, change] of [
  ['missing', () => null],
  ['torn', text => text.slice(0, -3)],
  ['of another size', text => text.replace('[', '[1')],
  ['with another place', text => text.replace(/\[\[(\d+)/, (_, position) => `[[${Number(position) + 1}`)],
  ['no JSON', () => 'x'],
  ['other JSON', () => '{}']
] as [string, (text: string) => string | null][]) {
  t.test(`an index that is ${what} does not change the result`, async t => {
    const dir = await written(t)
    const file = indexIn(dir)
    const changed = change(readFileSync(file, 'utf8'))
    if (changed === null) rmSync(file)
    else writeFileSync(file, changed)
    t.strictSame((await listSegments(dir))[0]?.positions, [])
    await readsAll(t, dir, 6)
  })
}

async function written(t: Test): Promise<string> {
  const dir = tempDir(t)
  const log = await openLog(t, { dir, segmentBytes: 800_000 })
  await appendEach(log, TEXTS)
  await eventually('the index is written', () => existsSync(indexIn(dir)))
  await log.close()
  return dir
}

async function readsAll(t: Test, dir: string, from: number): Promise<void> {
  const log = await openLog(t, { dir, segmentBytes: 800_000 })
  const records = await readUntil(log, found => found.length === TEXTS.length - from, BigInt(from))
  t.strictSame(records.map(textOf), TEXTS.slice(from))
  t.strictSame(log.damage(), [])
}

function indexIn(dir: string): string {
  return path.join(dir, (segmentsIn(dir)[0] ?? '').replace('.seg', '.idx'))
}

import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { projectedCompany } from '../support/company.js'
import { START } from '../support/history.js'
import { queryApi } from '../support/query-api.js'
import { tempDir } from '../support/temp-dir.js'

const run = promisify(execFile)
const PANDAS = 'pandas==2.2.3'
const PAGE = readFileSync(path.join(PROJECT_ROOT, 'docs/csv.md'), 'utf8')
const PERIOD = 'since=2026-11-20&until=2026-11-26'
/** The parameters that a list requires. */
const PARAMETERS: Readonly<Record<string, string>> = { '/v1/stats/calls': PERIOD, '/v1/stats/agents': PERIOD }

/** Prints rows as JSON, and times as the API answers them. */
const PRINT_FRAMES = `
def print_frames(frames):
    rows = {name: frame.astype(object).where(frame.notna(), None).to_dict('records') for name, frame in frames.items()}
    print(json.dumps(rows, default=lambda time: time.isoformat(timespec='milliseconds').replace('+00:00', 'Z')))
`

const python = await findPython()

t.test(
  'pandas reads the CSV file of each list, with the documented types, as the API answers it',
  { skip: python ? false : 'needs python3 with pip, or with pandas' },
  async t => {
    const dir = tempDir(t)
    const env = await python?.(dir)
    const { pool } = await projectedCompany(t)
    // names, an extension and a number that a program which guesses types damages
    await pool.query(`update mightycall_extensions set display_name = 'null' where extension = '101'`)
    await pool.query(`insert into call_history (account, call_id, direction, state, client_number, client_name,
        answered_by, started_at, last_event_at, webhook_events, rest_events, contribution)
      values ('default', '1e5', 'inbound', 'waiting', '+15550000001', 'NA',
        '007', '2026-11-23', '2026-11-23', 1, 0, '[]')`)
    const { get } = await queryApi(t, pool, () => new Date(START + 48 * 3_600_000))
    const blocks = [...PAGE.matchAll(/## (\/v1\/\S+)\n\n```python\n(.*?)```/gs)].map(([, url = '', code = '']) => ({
      url,
      code,
      name: /^\w+/.exec(code)?.[0] ?? ''
    }))
    t.ok(blocks.length > 10)
    const expected = new Map<string, unknown[]>()
    for (const { url, name } of blocks) {
      const answer = await get(`${url}?format=csv&${PARAMETERS[url] ?? ''}`)
      t.equal(answer.statusCode, 200, url)
      writeFileSync(path.join(dir, `${name}.csv`), answer.payload)
      const items = (await get(`${url}?format=ndjson&${PARAMETERS[url] ?? ''}`)).payload.trim().split('\n')
      const [header = ''] = answer.payload.split('\r\n')
      const rows = items.filter(line => line !== '').map(line => flatten(JSON.parse(line), header.split(',')))
      expected.set(name, rows)
    }
    const [, head = ''] = /```python\n(.*?)```/s.exec(PAGE) ?? []
    const frames = blocks.map(({ name }) => `'${name}': ${name}`).join(', ')
    const script = [head, ...blocks.map(({ code }) => code), `print_frames({${frames}})`]
    writeFileSync(path.join(dir, 'read.py'), [PRINT_FRAMES, ...script].join('\n'))
    const { stdout } = await run('python3', ['read.py'], { cwd: dir, env, maxBuffer: 64 << 20 })
    const read = JSON.parse(stdout) as Record<string, unknown[]>
    for (const [name, rows] of expected) t.strictSame(read[name], rows, `${name}: ${rows.length} rows`)
    t.ok(expected.get('calls')?.some(row => (row as { id: string }).id === '1e5'))
  }
)

/** The values of an item by the names of the columns. */
function flatten(item: unknown, columns: readonly string[]): Record<string, unknown> {
  const valueAt = (column: string) =>
    column.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], item)
  return Object.fromEntries(columns.map(column => [column, valueAt(column) ?? null]))
}

/**
 * Returns a function that installs pandas in a folder and returns the environment of a Python that finds it, or null
 * when this machine has no suitable Python. A virtual environment would take longer than the rest of the test.
 */
async function findPython(): Promise<((dir: string) => Promise<NodeJS.ProcessEnv>) | null> {
  const works = (code: string) =>
    run('python3', ['-c', code]).then(
      () => true,
      () => false
    )
  if (await works('import pandas; assert int(pandas.__version__.split(".")[0]) >= 2')) return async () => process.env
  if (!(await works('import pip'))) return null
  return async dir => {
    const packages = path.join(dir, 'packages')
    const options = ['--quiet', '--no-compile', '--only-binary', ':all:', '--target', packages]
    await run('python3', ['-m', 'pip', 'install', ...options, PANDAS])
    return { ...process.env, PYTHONPATH: packages }
  }
}

import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { freePorts } from '../support/free-ports.js'
import { copyProject, runNpmScript } from '../support/npm-script.js'
import { tempDir } from '../support/temp-dir.js'

t.test('npm start works without dist, and announces each step before it starts', async t => {
  const directory = tempDir(t)
  copyProject(directory)
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const script = runNpmScript(t, 'start', { directory, env: { PORT: String(port), DATA_DIR: tempDir(t) } })
  const compiling = await script.line(/^Compiling src to dist/)
  const isOutput = ({ text }: { text: string }) => text !== '' && !text.startsWith('>')
  t.equal(script.lines.find(isOutput)?.text, compiling.text, 'nothing but the banner of npm comes before it')
  t.notOk(existsSync(path.join(directory, 'dist/src/main.js')), 'nothing is compiled yet')
  for (const step of [
    /^Compiled \d+ files in /,
    /"msg":"starting"/,
    /"msg":"starting the embedded Postgres"/,
    /"msg":"creating a new Postgres data folder"/,
    /"msg":"migrating the database schema"/,
    /"msg":"the database schema is up to date"/,
    /"msg":"ready"/
  ])
    t.match((await script.line(step)).text, step)
  t.ok(script.lines.some(({ text }) => text.includes(`"url":"${url}","msg":"listening"`)))
  t.equal((await fetch(`${url}/health/ready`)).status, 200)
  t.equal(await script.end('SIGTERM'), 0)
})

t.test('a build removes the output of deleted files, and compiles src only', async t => {
  const directory = tempDir(t)
  copyProject(directory)
  const compiled = path.join(directory, 'dist/src')
  mkdirSync(path.join(compiled, 'old'), { recursive: true })
  for (const name of ['old/moved.js', 'old/moved.js.map']) writeFileSync(path.join(compiled, name), '')
  const build = runNpmScript(t, 'build', { directory, env: {} })
  t.equal(await build.ended, 0)
  t.ok(existsSync(path.join(compiled, 'main.js')))
  t.strictSame(readdirSync(path.join(compiled, 'old')), [])
  t.strictSame(readdirSync(path.join(directory, 'dist')), ['src'])
})

t.test(
  'npm run dev restarts the service when a file changes, and keeps it when the file cannot be compiled',
  async t => {
    const directory = tempDir(t)
    copyProject(directory)
    const main = path.join(directory, 'src/main.ts')
    const script = runNpmScript(t, 'dev', { directory, env: { PORT: '0', DATA_DIR: tempDir(t) } })
    await script.line(/"msg":"ready"/)

    appendFileSync(main, '\nconst broken =\n')
    t.match(await script.line(/^dev: /), { text: 'dev: src/main.ts cannot be compiled: waiting for the next change' })

    const repaired = path.join(directory, 'main.ts')
    writeFileSync(repaired, `${readFileSync(main, 'utf8')}1\n`)
    renameSync(repaired, main)
    t.match(await script.line(/^dev: /), { text: 'dev: src/main.ts changed: restarting the service' })
    await script.line(/"msg":"stopping"/)
    await script.line(/"msg":"ready"/)
    t.equal(await script.end('SIGTERM'), 0)
    t.equal(script.lines.filter(({ text }) => text.startsWith('dev: ')).length, 2, 'one line for each change')
  }
)

import t from 'tap'
import { encodeEvent } from '../../../src/events/record.js'
import { freshDatabase } from '../../support/database.js'
import { FOREIGN_RECORD, insertUndecodableLetters } from '../../support/dead-letters.js'
import { history } from '../../support/history.js'
import { ANSWERED } from '../../support/projection.js'
import { runCommand } from '../../support/service.js'

t.test('dead letters are listed without their content, inspected, redriven and discarded', async t => {
  const { pool, url: DATABASE_URL } = await freshDatabase(t)
  await insertUndecodableLetters(pool, [...history(ANSWERED).map(encodeEvent), FOREIGN_RECORD])
  const run = (...args: string[]) => runCommand(args, { DATABASE_URL })

  const list = await run('dead-letters')
  t.match(list, { code: 0, stderr: '' })
  t.equal(
    list.stdout.split('\n')[0],
    '5 dead calls/0@4 2026-11-23T09:00:00.000Z ' +
      'MCS_UNDECODABLE_RECORD: the record cannot be decoded: its type is unknown'
  )
  const lines = (await run('dead-letters', '--json', '--topic', 'calls')).stdout.trim().split('\n')
  t.match(
    lines.map(line => JSON.parse(line)),
    ['5', '4', '3', '2', '1'].map(id => ({ id, state: 'dead' }))
  )
  t.notMatch(list.stdout + lines.join(), /5559371200|15550347567|hello/)
  t.match(JSON.parse((await run('dead-letters', 'inspect', '5')).stdout), {
    value: 'from +15559371200: hello',
    history: []
  })

  t.match(await run('redrive', '--all', '--dry-run'), {
    code: 1,
    stdout: /^can be redriven: 1\n(.*\n)*done, nothing is changed: 4 redriven, 0 redriven before, 1 still refused\n$/
  })
  t.match(await run('redrive', '1', '2'), {
    code: 0,
    stdout: 'redriven: 1\nredriven: 2\ndone: 2 redriven, 0 redriven before, 0 still refused\n'
  })
  t.match(await run('redrive', '2', '5'), {
    code: 1,
    stdout: /^redriven before: 2\nstill refused: 5 MCS_UNDECODABLE_RECORD: /
  })
  t.match(await run('discard', '5', '--reason', 'not ours'), { code: 0, stdout: 'discarded 5\n' })
  t.match(await run('redrive', '--all'), { code: 0, stdout: /done: 2 redriven/ })
  t.match(await run('redrive', '--failed'), { code: 0, stdout: 'done: 0 folded, 0 failed again\n' })
  t.equal((await pool.query('select from events')).rowCount, 4)
  t.match(JSON.parse((await run('dead-letters', 'inspect', '5')).stdout).history, [
    { action: 'refused', by: 'command line' },
    { action: 'discarded', reason: 'not ours' }
  ])
})

t.test('invalid commands print one line', async t => {
  const { url: DATABASE_URL } = await freshDatabase(t)
  t.match(await runCommand(['redrive'], {}), { code: 1, stderr: 'error: name ids, or --all, or --failed\n' })
  t.match(await runCommand(['redrive', 'x'], {}), { code: 1, stderr: /It must be a number/ })
  t.match(await runCommand(['discard', '1'], {}), { code: 1, stderr: /--reason/ })
  t.match(await runCommand(['dead-letters', 'inspect', '1'], { DATABASE_URL }), {
    code: 1,
    stderr: 'there is no such dead letter [MCS_NOT_FOUND]\n'
  })
})

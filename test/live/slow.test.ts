import t from 'tap'
import { writeChanges } from '../../src/db/changes.js'
import { inTransaction } from '../../src/db/transaction.js'
import { eventually } from '../support/eventually.js'
import { liveApi } from '../support/live.js'

const MAX_BYTES = 64 * 1024

t.test('a client that takes nothing is dropped with a code, in bounded memory, and the others go on', async t => {
  const { pool, watch, dropped, clients, app } = await liveApi(t, {
    limits: { maxBytes: MAX_BYTES, heartbeatMs: 60_000 }
  })
  const sockets: { writableLength: number }[] = []
  app.server.on('connection', socket => sockets.push(socket))
  const [slow, quick] = [await watch('?kinds=call'), await watch('?kinds=call', { keepText: false })]
  slow.pause()
  const object = 'x'.repeat(2_000)
  let most = 0
  await eventually(
    'it is dropped',
    async () => {
      await inTransaction(pool, tx =>
        writeChanges(
          tx,
          Array.from({ length: 50 }, (_, n) => ({ account: 'default', kind: 'call', object: `${n}${object}` }))
        )
      )
      most = Math.max(most, ...sockets.map(socket => socket.writableLength))
      return dropped.length > 0
    },
    30_000
  )
  t.strictSame(dropped, ['MCS_SLOW_CLIENT'])
  t.ok(most < MAX_BYTES + 1_000 * 2_200, `bounded by its cap and one page: ${most}`)
  await eventually('its place is free', () => clients() === 1)
  const before = Number(quick.lastId())
  await inTransaction(pool, tx => writeChanges(tx, [{ account: 'default', kind: 'call', object: 'y' }]))
  await eventually('the other one is told', () => Number(quick.lastId()) > before)
  t.notOk(quick.isClosed())
})

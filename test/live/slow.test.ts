import t from 'tap'
import { writeChanges } from '../../src/db/changes.js'
import { inTransaction } from '../../src/db/transaction.js'
import { eventually } from '../support/eventually.js'
import { liveApi } from '../support/live.js'

const MAX_BYTES = 64 * 1024

t.test(
  'a client that does not read is dropped with a code and in bounded memory, and others are not affected',
  async t => {
    const { pool, watch, dropped, clients, app } = await liveApi(t, {
      limits: { maxBytes: MAX_BYTES, heartbeatMs: 60_000 }
    })
    const sockets: { writableLength: number }[] = []
    app.server.on('connection', socket => sockets.push(socket))
    const [slow, fast] = [await watch('?kinds=call'), await watch('?kinds=call', { keepText: false })]
    slow.pause()
    const object = 'x'.repeat(2_000)
    let maxBufferedBytes = 0
    await eventually(
      'the client is dropped',
      async () => {
        await inTransaction(pool, tx =>
          writeChanges(
            tx,
            Array.from({ length: 50 }, (_, n) => ({ account: 'default', kind: 'call', object: `${n}${object}` }))
          )
        )
        maxBufferedBytes = Math.max(maxBufferedBytes, ...sockets.map(socket => socket.writableLength))
        // a client of the same process would be slow itself if the changes came faster than it reads them
        const { rows } = await pool.query<{ last: string }>('select max(number) as last from changes')
        await eventually('the other client has read them', () => Number(fast.lastId()) >= Number(rows[0]?.last))
        return dropped.length > 0
      },
      30_000
    )
    t.strictSame(dropped, ['MCS_SLOW_CLIENT'])
    t.ok(
      maxBufferedBytes < MAX_BYTES + 1_000 * 2_200,
      `at most the limit and one page are buffered: ${maxBufferedBytes}`
    )
    await eventually('the client is no longer counted', () => clients() === 1)
    const before = Number(fast.lastId())
    await inTransaction(pool, tx => writeChanges(tx, [{ account: 'default', kind: 'call', object: 'y' }]))
    await eventually('the other client receives the change', () => Number(fast.lastId()) > before)
    t.notOk(fast.isClosed())
  }
)

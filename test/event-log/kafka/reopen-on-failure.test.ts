import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { reopenOnFailure } from '../../../src/event-log/kafka/reopen-on-failure.js'

function reopening() {
  let opened = 0
  const disposed: number[] = []
  const connection = reopenOnFailure(
    60_000,
    async () => ++opened,
    async object => {
      disposed.push(object)
    }
  )
  return { ...connection, disposed }
}

function deferred() {
  let settle = () => {}
  const promise = new Promise<void>(resolve => {
    settle = resolve
  })
  return { promise, settle }
}

t.test('a failed object is disposed when its last use has settled, and the next use opens another one', async t => {
  const { use, disposed } = reopening()
  const slow = deferred()
  const first = use(() => slow.promise)
  await t.rejects(use(() => Promise.reject(new Error('the broker is gone'))))
  t.equal(await use(async object => object), 2)
  t.strictSame(disposed, [], 'the first use could open the connection again')
  slow.settle()
  await first
  await turn()
  t.strictSame(disposed, [1])
})

t.test('nothing is opened after the end', async t => {
  const { use, close, disposed } = reopening()
  await use(async () => {})
  await close()
  t.strictSame(disposed, [1])
  await t.rejects(
    use(async () => {}),
    { code: 'MCS_LOG_CLOSED' }
  )
})

import type { Consumer } from 'kafkajs'

/**
 * Calls back when a fetch succeeds after one that failed, before anything of it is handled.
 * While a topic is gone, fetches fail; once it was made again they succeed, and kafkajs goes on at the old offset as if
 * nothing had been: records of the new topic below that offset would go by unread.
 */
export function watchFetches (consumer: Consumer, onRecovery: () => void): void {
  const { FETCH_START, FETCH } = consumer.events
  const open = new Set<number>()
  const failed = new Set<number>()
  consumer.on(FETCH_START, ({ payload: { nodeId } }) => {
    if (open.has(nodeId)) failed.add(nodeId) // a failure has no event of its own
    open.add(nodeId)
  })
  consumer.on(FETCH, ({ payload: { nodeId } }) => {
    open.delete(nodeId)
    if (failed.delete(nodeId)) onRecovery()
  })
}

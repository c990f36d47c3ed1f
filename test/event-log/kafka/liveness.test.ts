import { EventEmitter } from 'node:events'
import { Kafka, logLevel } from 'kafkajs'
import t from 'tap'
import { watchFetches } from '../../../src/event-log/kafka/liveness.js'

const { events } = new Kafka({ brokers: ['127.0.0.1:9'], logLevel: logLevel.NOTHING }).consumer({ groupId: 'g' })

/** The fetches of a consumer whose events are sent by hand: `>1` begins a fetch from broker 1, `<1` ends it. */
function watched() {
  const emitter = new EventEmitter()
  let recoveries = 0
  const consumer = {
    events,
    on: (name: string, listener: (event: unknown) => void) => {
      emitter.on(name, listener)
      return () => {}
    }
  }
  // the cast holds because only this overload of `on` is used
  const { trouble } = watchFetches(consumer as unknown as Parameters<typeof watchFetches>[0], () => recoveries++)
  const send = (steps: string) => {
    for (const step of steps.split(' ')) {
      const name = step === 'join' ? events.GROUP_JOIN : step.startsWith('>') ? events.FETCH_START : events.FETCH
      emitter.emit(name, { payload: { nodeId: Number(step.slice(1)) } })
    }
  }
  return { send, trouble, recoveries: () => recoveries }
}

for (const { steps, trouble, recoveries = 0 } of [
  { steps: 'join', trouble: /no records have been fetched/ },
  { steps: 'join >1', trouble: /no records have been fetched/ },
  { steps: 'join >1 <1 >1', trouble: null },
  { steps: 'join >1 <1 >1 >1', trouble: /fetching records from Kafka fails/ },
  { steps: 'join >1 <1 >2 >2 >1 <1', trouble: /fetching records from Kafka fails/ },
  { steps: 'join >1 <1 >1 >1 <1', trouble: null, recoveries: 1 },
  { steps: 'join >1 <1 >1 >1 join', trouble: /no records have been fetched/ },
  { steps: 'join >1 <1 >1 >1 join >2 <2', trouble: null }
]) {
  t.test(`reading ${trouble ? 'has trouble' : 'works'} after ${steps}`, async t => {
    const fetches = watched()
    fetches.send(steps)
    if (trouble) t.match(fetches.trouble(), trouble)
    else t.equal(fetches.trouble(), null)
    t.equal(fetches.recoveries(), recoveries)
  })
}

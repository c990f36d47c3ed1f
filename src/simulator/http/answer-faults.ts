import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import Type, { type Static } from 'typebox'

/** Faults in the responses of the simulated REST API, for tests of its clients. */
export const answerFaults = Type.Object(
  {
    answer: Type.Optional(
      Type.Union([Type.Enum(['html', 'truncated', 'error', 'hang', 'huge']), Type.Null()], {
        description:
          'An HTML page instead of JSON, half of the JSON, a 500, no response, or a body of 50 MB. `null` for no fault.'
      })
    ),
    times: Type.Optional(
      Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
        description: 'The number of faulty responses. `null` for all, until the faults are changed.'
      })
    ),
    path: Type.Optional(
      Type.Union([Type.String(), Type.Null()], {
        description: 'Limits the fault to paths with this prefix: /v4/api/calls, /v4/auth. `null` for all paths.'
      })
    ),
    blockedForSeconds: Type.Optional(
      Type.Union([Type.Number({ minimum: 0, maximum: 366 * 86_400 }), Type.Null()], {
        description:
          'Refuses every request for this period from now on, as when the daily limit is spent. 0 ends the block.'
      })
    )
  },
  { additionalProperties: false }
)

export type AnswerFaults = Static<typeof answerFaults>
export type FaultyAnswer = NonNullable<AnswerFaults['answer']>

export interface FaultSwitch {
  set: (faults: AnswerFaults) => void
  get: () => Required<Omit<AnswerFaults, 'blockedForSeconds'>>
  /** Returns the fault for the response of this path, or `null`, and counts it. */
  next: (path: string) => FaultyAnswer | null
}

export function createFaultSwitch(initial: AnswerFaults): FaultSwitch {
  let current: ReturnType<FaultSwitch['get']> = { answer: null, times: null, path: null }
  const set: FaultSwitch['set'] = ({ answer = null, times = null, path = null }) => {
    current = { answer, times, path }
  }
  set(initial)
  return {
    set,
    get: () => current,
    next: path => {
      const { answer, times, path: wanted } = current
      if (answer === null || times === 0 || !path.startsWith(wanted ?? '')) return null
      if (times !== null) current = { ...current, times: times - 1 }
      return answer
    }
  }
}

const HTML = [
  '<!DOCTYPE html><html><head><title>Runtime Error</title></head>',
  "<body><h1>Server Error in '/' Application.</h1></body></html>"
].join('')
const HUGE_BYTES = 50 * 1024 ** 2
const CHUNK = Buffer.alloc(64 * 1024, 'x')

/** Sends a faulty response instead of the route's. A hanging request ends when the server closes. */
export function sendFaultyAnswer(reply: FastifyReply, fault: Exclude<FaultyAnswer, 'truncated'>): FastifyReply {
  switch (fault) {
    case 'html':
      return reply.code(200).type('text/html; charset=utf-8').send(HTML)
    case 'error':
      return reply.code(500).send({ message: 'An error has occurred.' })
    case 'huge':
      return reply.code(200).type('application/json').send(Readable.from(hugeBody()))
    case 'hang':
      return reply.hijack()
    default:
      return fault satisfies never
  }
}

function* hugeBody(): Generator<Buffer> {
  yield Buffer.from('{"data":"')
  for (let sent = 0; sent < HUGE_BYTES; sent += CHUNK.length) yield CHUNK
  yield Buffer.from('"}')
}

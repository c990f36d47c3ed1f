/** A bug that a developer might introduce into a fold. */
export interface Mutation {
  name: string
  /** A source file in src/project/models. */
  file: string
  find: string
  replace: string
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'a phone that stops ringing is no longer answered',
    file: 'calls/legs.ts',
    find: '!isAnswered(leg) &&\n      (fact.extension',
    replace: '(fact.extension'
  },
  {
    name: "a leg's completion ends the call",
    file: 'calls/facts.ts',
    find: "fact.type === 'call.completed' && !fact.isLeg",
    replace: "fact.type === 'call.completed'"
  },
  {
    name: 'the latest family decides the direction',
    file: 'calls/parties.ts',
    find: 'facts.some(fact => fact.family === family)',
    replace: 'facts.at(-1)?.family === family'
  },
  {
    name: 'REST re-opens a call',
    file: 'calls/fold.ts',
    find: 'const endedAt = untilEnd.endedAt ??',
    replace: 'const endedAt = reported && reported.endedAt === null ? null : untilEnd.endedAt ??'
  },
  {
    name: 'REST closes a call before its last fact',
    file: 'calls/fold.ts',
    find: 'Math.max(reported.endedAt, all.at(-1)?.at ?? 0)',
    replace: 'reported.endedAt'
  },
  {
    name: 'events with equal Guids are merged',
    file: 'facts.ts',
    find: 'event.id',
    replace: '((event as { guid?: string }).guid ?? event.id)'
  },
  {
    name: 'the time of receipt is used',
    file: 'calls/facts.ts',
    find: 'Date.parse(occurredAt)',
    replace: 'Date.parse(event.receivedAt)'
  },
  {
    name: 'a phone that has stopped ringing cannot have answered',
    file: 'calls/legs.ts',
    find: 'own.findLast(leg => !isAnswered(leg))',
    replace: 'own.findLast(leg => !isAnswered(leg) && isOpen(leg))'
  },
  {
    name: 'a caller is not connected when the colleague is',
    file: 'calls/legs.ts',
    find: 'if (callee !== null && dialer',
    replace: 'if (false && dialer'
  },
  {
    name: 'a voicemail is a missed call',
    file: 'calls/outcome.ts',
    find: "status === 'voicemail' || ",
    replace: ''
  },
  {
    name: 'a transfer ends the call',
    file: 'calls/call-end.ts',
    find: 'leg.endedAt === null || leg.endedAt > fact.at',
    replace: 'false'
  },
  {
    name: 'presence depends on the order of receipt',
    file: 'presences.ts',
    find: 'inOrder(events.filter(isReport))',
    replace: 'events.filter(isReport)'
  },
  {
    name: 'the contact that was received last is used',
    file: 'contacts.ts',
    find: 'const inTime = inOrder(events)',
    replace: 'const inTime = [...events]'
  },
  {
    name: 'the report that was received last is used',
    file: 'facts.ts',
    find: 'of inOrder(events))',
    replace: 'of events)'
  },
  { name: 'a removed number stays active', file: 'numbers.ts', find: ' && inTime.at(-1) === newest', replace: '' }
]

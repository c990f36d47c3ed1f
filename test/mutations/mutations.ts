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
  {
    name: 'a short number is an extension',
    file: 'calls/parties.ts',
    find: 'if (isE164(to)) return null',
    replace: 'if (isE164(to)) return null\n  if (/^\\d{1,6}$/.test(to)) return to'
  },
  {
    name: 'the leg of any extension makes a call internal',
    file: 'calls/parties.ts',
    find: 'fact.extension === to && !isOfCaller(fact, facts)',
    replace: "fact.extension !== '' && !isOfCaller(fact, facts)"
  },
  {
    name: 'every number can be called back',
    file: 'calls/parties.ts',
    find: 'isCallable(clientNumber)',
    replace: 'isE164(clientNumber)'
  },
  {
    name: 'a leg whose first event was lost does not count',
    file: 'calls/legs.ts',
    find: 'if (isFirstOfLeg(progress, fact)) beginLost(progress, fact).stoppedAt = fact.at',
    replace: 'void beginLost'
  },
  {
    name: 'the first answer with a time was the first',
    file: 'calls/answer.ts',
    find: 'if (untimed &&',
    replace: 'if (false && untimed &&'
  },
  {
    name: 'the start of any recording is the answer',
    file: 'calls/answer.ts',
    find: 'if (recordedFrom > latest + ROUNDING_MS) return null',
    replace: 'void ROUNDING_MS'
  },
  {
    name: 'a duration without a recording shows an answer',
    file: 'calls/fold.ts',
    find: 'isRecorded ? measured : null',
    replace: 'measured'
  },
  {
    name: 'a duration outweighs what REST reports',
    file: 'calls/fold.ts',
    find: '(reported?.status ?? null) === null',
    replace: 'true'
  },
  {
    name: 'a duration as long as the call dates the answer',
    file: 'calls/durations.ts',
    find: 'startedAt === null || startedAt < beganAt - ROUNDING_MS',
    replace: 'startedAt === null || ROUNDING_MS > 0'
  },
  {
    name: 'talk time lasts until the end of the call',
    file: 'calls/talk.ts',
    find: 'known.reduce((sum, { from, to }) => sum + to - from, 0)',
    replace: 'endedAt - (known[0]?.from ?? 0)'
  },
  {
    name: 'a colleague who is consulted loses the client',
    file: 'calls/talk.ts',
    find: 'leg.endedAt > endedAt',
    replace: 'endedAt > 0'
  },
  {
    name: 'the slower phones of a ring group lose the client',
    file: 'calls/talk.ts',
    find: 'since > beganAt',
    replace: 'since > 0'
  },
  { name: 'a removed number stays active', file: 'numbers.ts', find: ' && inTime.at(-1) === newest', replace: '' }
]

/** A mistake that somebody might make in a fold, planted into the compiled code. */
export interface Mutation {
  name: string
  /** Below dist/src/project/models. */
  file: string
  find: string
  replace: string
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'a phone that stops ringing un-answers',
    file: 'calls/legs.js',
    find: 'isOpen(leg) && !isAnswered(leg) && (fact.extension',
    replace: 'isOpen(leg) && (fact.extension'
  },
  {
    name: "a leg's completion ends the call",
    file: 'calls/facts.js',
    find: "fact.type === 'call.completed' && !fact.isLeg",
    replace: "fact.type === 'call.completed'"
  },
  {
    name: 'the latest family decides the direction',
    file: 'calls/parties.js',
    find: 'facts.some(fact => fact.family === family)',
    replace: 'facts.at(-1)?.family === family'
  },
  {
    name: 'REST re-opens a call',
    file: 'calls/fold.js',
    find: 'const endedAt = course.endedAt ??',
    replace: 'const endedAt = reported && reported.endedAt === null ? null : course.endedAt ??'
  },
  {
    name: 'REST closes a call before its last fact',
    file: 'calls/fold.js',
    find: 'Math.max(reported.endedAt, all.at(-1)?.at ?? 0)',
    replace: 'reported.endedAt'
  },
  { name: 'equal Guids merge', file: 'newest.js', find: 'event.id', replace: '(event.guid ?? event.id)' },
  {
    name: 'the time of arrival counts',
    file: 'calls/facts.js',
    find: 'Date.parse(occurredAt)',
    replace: 'Date.parse(event.receivedAt)'
  },
  {
    name: 'a phone that has stopped ringing cannot have answered',
    file: 'calls/legs.js',
    find: 'own.findLast(leg => !isAnswered(leg))',
    replace: 'own.findLast(leg => !isAnswered(leg) && isOpen(leg))'
  },
  {
    name: 'a caller is not connected when the colleague is',
    file: 'calls/legs.js',
    find: 'if (callee !== null && dialer',
    replace: 'if (false && dialer'
  },
  {
    name: 'a voicemail stays a missed call',
    file: 'calls/outcome.js',
    find: "status === 'voicemail' || ",
    replace: ''
  },
  {
    name: 'a caller who hands over ends the call',
    file: 'calls/course.js',
    find: 'leg.endedAt === null || leg.endedAt > fact.at',
    replace: 'false'
  },
  {
    name: 'presence goes by the order of arrival',
    file: 'presences.js',
    find: 'inOrder(events.filter(isReport))',
    replace: 'events.filter(isReport)'
  },
  {
    name: 'a contact is what arrived last',
    file: 'contacts.js',
    find: 'const inTime = inOrder(events)',
    replace: 'const inTime = [...events]'
  },
  {
    name: 'the report that arrived last counts',
    file: 'newest.js',
    find: 'of inOrder(events))',
    replace: 'of events)'
  },
  { name: 'a removed number stays active', file: 'numbers.js', find: ' && inTime.at(-1) === newest', replace: '' }
]

import t from 'tap'
import type { Evidence } from '../evidence.js'
import type { Post } from '../load.js'
import { check } from './check.js'

const post = (id: string, change: Partial<Post> = {}): Post => ({
  id,
  topic: 'calls',
  key: 'default:call',
  sentAt: 0,
  endedAt: 1,
  status: 200,
  ...change
})
const record = (
  id: string,
  offset: number,
  change: Partial<Evidence['records'][number]> = {}
): Evidence['records'][number] => ({
  topic: 'calls',
  partition: 0,
  offset: BigInt(offset),
  key: 'default:call',
  headers: { ce_id: id },
  ...change
})

/** A run without problems: a and b one after another, c rejected, and d a probe. */
const SUCCESS: Evidence = {
  posts: [
    post('a'),
    post('b', { sentAt: 2, endedAt: 3 }),
    post('c', { sentAt: 4, endedAt: 5, status: 503 }),
    post('c', { sentAt: 6, endedAt: 7, status: null })
  ],
  probes: [post('d', { sentAt: 8, endedAt: 9 })],
  storedIds: ['a', 'b', 'd'],
  records: [record('a', 0), record('b', 1), record('a', 2), record('d', 3)],
  checkpoints: [{ topic: 'calls', partition: 0, offset: 3n }],
  failureCounts: { deadLetters: 0, holes: 0, failedEntities: 0 },
  rows: { differing: [], failures: [] },
  output: '{"msg":"ready"}\n{"alarm":"overloaded"}\n',
  unexpectedExits: [],
  unsettled: null
}

t.test('a successful run has no problems', async t => {
  t.strictSame(check(SUCCESS), { lost: 0, duplicated: 0, stuck: 0, problems: [] })
  t.strictSame(
    check({ ...SUCCESS, storedIds: [...SUCCESS.storedIds, 'c'] }).problems,
    [],
    'a rejected notification may be stored'
  )
})

const CASES: { name: string; change: Partial<Evidence>; problem: RegExp; counts?: object }[] = [
  {
    name: 'an acknowledged event that is not stored',
    change: { storedIds: ['a', 'd'] },
    problem: /^lost: b was acknowledged$/,
    counts: { lost: 1 }
  },
  { name: 'a probe that is not stored', change: { storedIds: ['a', 'b'] }, problem: /^lost: d/, counts: { lost: 1 } },
  {
    name: 'an event that is stored twice',
    change: { storedIds: ['a', 'b', 'd', 'b'] },
    problem: /^duplicated: b$/,
    counts: { duplicated: 1 }
  },
  {
    name: 'an event that was not posted',
    change: { storedIds: ['a', 'b', 'd', 'x'] },
    problem: /^x was not posted$/
  },
  {
    name: 'a checkpoint before the last record',
    change: { checkpoints: [{ topic: 'calls', partition: 0, offset: 2n }] },
    problem: /^stuck: calls\/0 is projected up to 2, but its last offset is 3$/,
    counts: { stuck: 1 }
  },
  {
    name: 'a partition without a checkpoint',
    change: { checkpoints: [] },
    problem: /^stuck: calls\/0 is projected up to nothing/,
    counts: { stuck: 1 }
  },
  {
    name: 'an acknowledged event without a record',
    change: { records: [record('a', 0), record('d', 3)] },
    problem: /^not on its topic: b was acknowledged$/
  },
  {
    name: 'a record on another topic',
    change: {
      records: [record('a', 0), record('b', 0, { topic: 'unclassified' }), record('d', 3)],
      checkpoints: [...SUCCESS.checkpoints, { topic: 'unclassified', partition: 0, offset: 0n }]
    },
    problem: /^not on its topic: b/
  },
  {
    name: 'a record under another key',
    change: { records: [record('a', 0), record('b', 1, { key: 'default:other' }), record('d', 3)] },
    problem: /^not on its topic: b/
  },
  {
    name: 'first records in a different order than their acknowledgements',
    change: { records: [record('b', 0), record('a', 1), record('b', 2), record('d', 3)] },
    problem: /^default:call: b is before a,/
  },
  {
    name: 'a key in two partitions',
    change: {
      records: [record('a', 0), record('b', 1, { partition: 1 }), record('d', 3)],
      checkpoints: [...SUCCESS.checkpoints, { topic: 'calls', partition: 1, offset: 1n }]
    },
    problem: /^default:call: b is before a,/
  },
  {
    name: 'an unexpected rejection',
    change: {
      posts: [...SUCCESS.posts, post('e', { status: 500 }), post('f', { status: 500 }), post('g', { status: 429 })]
    },
    problem: /^2 were rejected with 500$/
  },
  {
    name: 'a late response',
    change: { posts: [...SUCCESS.posts, post('e', { status: 'late' })] },
    problem: /^1 had no response in time$/
  },
  {
    name: 'a probe that was rejected in spite of readiness',
    change: { probes: [...SUCCESS.probes, post('e', { status: 503 })] },
    problem: /^e was rejected although all processes were ready: 503$/
  },
  {
    name: 'dead letters',
    change: { failureCounts: { ...SUCCESS.failureCounts, deadLetters: 2 } },
    problem: /^2 dead letters$/
  },
  { name: 'holes', change: { failureCounts: { ...SUCCESS.failureCounts, holes: 1 } }, problem: /^1 holes in the log$/ },
  {
    name: 'entities that could not be folded',
    change: { failureCounts: { ...SUCCESS.failureCounts, failedEntities: 1 } },
    problem: /^1 entities could not be folded$/
  },
  {
    name: 'a differing row',
    change: { rows: { ...SUCCESS.rows, differing: ['call_history x: state'] } },
    problem: /^differs from a fresh fold: call_history x: state$/
  },
  {
    name: 'a failing fold',
    change: { rows: { ...SUCCESS.rows, failures: ['call x: TypeError'] } },
    problem: /^cannot be folded: call x/
  },
  {
    name: 'an alarm',
    change: { output: '{"alarm":"log-hole"}\n{"alarm":"log-hole"}\n' },
    problem: /^the alarm log-hole was raised$/
  },
  {
    name: 'a process that exited by itself',
    change: { unexpectedExits: ['service exited by itself: 1'] },
    problem: /^service exited by itself: 1$/
  },
  {
    name: 'a recovery that took too long',
    change: { unsettled: 'not recovered within 60 s: the service is not ready' },
    problem: /^not recovered within 60 s/
  }
]

for (const { name, change, problem, counts = {} } of CASES) {
  t.test(`reports ${name}`, async t => {
    const verdict = check({ ...SUCCESS, ...change })
    t.match(
      verdict.problems.filter(line => problem.test(line)),
      { length: 1 },
      verdict.problems.join('\n')
    )
    t.match(verdict, counts)
  })
}

t.test('concurrent notifications may be stored in any order', async t => {
  const concurrent = [post('a', { sentAt: 0, endedAt: 5 }), post('b', { sentAt: 1, endedAt: 2 })]
  t.strictSame(
    check({ ...SUCCESS, posts: concurrent, records: [record('b', 0), record('a', 1), record('d', 2)] }).problems,
    []
  )
  const retried = [
    post('b', { sentAt: 0, endedAt: 1, status: null }),
    post('a', { sentAt: 2, endedAt: 3 }),
    post('b', { sentAt: 4, endedAt: 5 })
  ]
  t.strictSame(
    check({ ...SUCCESS, posts: retried, records: [record('b', 0), record('a', 1), record('d', 2)] }).problems,
    [],
    'an unanswered notification may have been stored'
  )
})

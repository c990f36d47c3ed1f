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

/** A run in which all went well: a and b one after the other, c refused, and d a probe. */
const WELL: Evidence = {
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
  setAside: { deadLetters: 0, holes: 0, failedEntities: 0 },
  rows: { differing: [], failures: [] },
  output: '{"msg":"ready"}\n{"alarm":"overloaded"}\n',
  deaths: [],
  unsettled: null
}

t.test('a run in which all went well has no problem', async t => {
  t.strictSame(check(WELL), { lost: 0, doubled: 0, stuck: 0, problems: [] })
  t.strictSame(
    check({ ...WELL, storedIds: [...WELL.storedIds, 'c'] }).problems,
    [],
    'what was refused may be stored all the same'
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
    problem: /^doubled: b$/,
    counts: { doubled: 1 }
  },
  {
    name: 'an event that nobody has posted',
    change: { storedIds: ['a', 'b', 'd', 'x'] },
    problem: /^nobody has posted x$/
  },
  {
    name: 'a checkpoint before the last record',
    change: { checkpoints: [{ topic: 'calls', partition: 0, offset: 2n }] },
    problem: /^stuck: calls\/0 is projected up to 2, and ends with 3$/,
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
      checkpoints: [...WELL.checkpoints, { topic: 'unclassified', partition: 0, offset: 0n }]
    },
    problem: /^not on its topic: b/
  },
  {
    name: 'a record under another key',
    change: { records: [record('a', 0), record('b', 1, { key: 'default:other' }), record('d', 3)] },
    problem: /^not on its topic: b/
  },
  {
    name: 'first records in another order than their acknowledgements',
    change: { records: [record('b', 0), record('a', 1), record('b', 2), record('d', 3)] },
    problem: /^default:call: b lies before a,/
  },
  {
    name: 'a key in two partitions',
    change: {
      records: [record('a', 0), record('b', 1, { partition: 1 }), record('d', 3)],
      checkpoints: [...WELL.checkpoints, { topic: 'calls', partition: 1, offset: 1n }]
    },
    problem: /^default:call: b lies before a,/
  },
  {
    name: 'a refusal that is none of ours',
    change: {
      posts: [...WELL.posts, post('e', { status: 500 }), post('f', { status: 500 }), post('g', { status: 429 })]
    },
    problem: /^2 were refused with 500$/
  },
  {
    name: 'an answer that came too late',
    change: { posts: [...WELL.posts, post('e', { status: 'late' })] },
    problem: /^1 had no answer in time$/
  },
  {
    name: 'a readiness that lied',
    change: { probes: [...WELL.probes, post('e', { status: 503 })] },
    problem: /^ready, and yet e was refused: 503$/
  },
  { name: 'dead letters', change: { setAside: { ...WELL.setAside, deadLetters: 2 } }, problem: /^2 dead letters$/ },
  { name: 'holes', change: { setAside: { ...WELL.setAside, holes: 1 } }, problem: /^1 holes in the log$/ },
  {
    name: 'entities that could not be folded',
    change: { setAside: { ...WELL.setAside, failedEntities: 1 } },
    problem: /^1 entities could not be folded$/
  },
  {
    name: 'a row that differs',
    change: { rows: { ...WELL.rows, differing: ['call_history x: state'] } },
    problem: /^differs from a cold fold: call_history x: state$/
  },
  {
    name: 'a cold fold that fails',
    change: { rows: { ...WELL.rows, failures: ['call x: TypeError'] } },
    problem: /^cannot be folded: call x/
  },
  {
    name: 'an alarm',
    change: { output: '{"alarm":"log-hole"}\n{"alarm":"log-hole"}\n' },
    problem: /^the alarm log-hole was raised$/
  },
  {
    name: 'a process that ended by itself',
    change: { deaths: ['service ended by itself: 1'] },
    problem: /^service ended by itself: 1$/
  },
  {
    name: 'a recovery that took too long',
    change: { unsettled: 'not well within 60 s: the service is not ready' },
    problem: /^not well within 60 s/
  }
]

for (const { name, change, problem, counts = {} } of CASES) {
  t.test(`complains of ${name}`, async t => {
    const verdict = check({ ...WELL, ...change })
    t.match(
      verdict.problems.filter(line => problem.test(line)),
      { length: 1 },
      verdict.problems.join('\n')
    )
    t.match(verdict, counts)
  })
}

t.test('of what was under way together no order is promised', async t => {
  const together = [post('a', { sentAt: 0, endedAt: 5 }), post('b', { sentAt: 1, endedAt: 2 })]
  t.strictSame(
    check({ ...WELL, posts: together, records: [record('b', 0), record('a', 1), record('d', 2)] }).problems,
    []
  )
  const early = [
    post('b', { sentAt: 0, endedAt: 1, status: null }),
    post('a', { sentAt: 2, endedAt: 3 }),
    post('b', { sentAt: 4, endedAt: 5 })
  ]
  t.strictSame(
    check({ ...WELL, posts: early, records: [record('b', 0), record('a', 1), record('d', 2)] }).problems,
    [],
    'an unanswered one may have been stored'
  )
})

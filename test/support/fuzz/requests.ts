import fc from 'fast-check'
import type { Operation, Parameter, Schema } from './operations.js'
import { hostile, MALFORMED, validFor } from './values.js'

export interface FuzzedRequest {
  who: string
  url: string
  /** None: without a body. */
  payload?: string
  contentType?: string
  /** All that an error must not repeat. */
  values: string[]
}

export interface Known {
  /** Whoever may do everything is the first. */
  viewers: readonly string[]
  /** What stands in the database, and can be asked for; the first ones open most. */
  values: readonly string[]
  /** Of every list, by its path: what its items are found by. */
  ids: Readonly<Record<string, readonly string[]>>
  /** Of every list, by its path: cursors of its own. */
  cursors: Readonly<Record<string, readonly string[]>>
}

/** A value and what stands for it in a URL. */
interface Written {
  text: string
  encoded: string
}

/** With these in its path a URL is another route's. */
const NO_PLACE = new Set(['', '.', '..'])

const written = (text: string): Written => ({ text, encoded: encodeURIComponent(text.toWellFormed()) })

/** Requests for this operation: by somebody, with parameters and a body as documented, or with some of them hostile. */
export function requestsOf(operation: Operation, known: Known): fc.Arbitrary<FuzzedRequest> {
  const { method, path, inPath, inQuery, body } = operation
  const own = known.cursors[path] ?? []
  const ids = known.ids[path.slice(0, path.indexOf('/{'))] ?? []
  const filled = fc.tuple(
    ...inPath.map(({ name, schema }) =>
      fc
        .oneof(
          ...((name === 'id' || name === 'extension') && ids.length > 0
            ? [{ weight: 6, arbitrary: fc.constantFrom(...ids).map(written) }]
            : []),
          { weight: 2, arbitrary: texts(schema, known) },
          { weight: 3, arbitrary: wrong() }
        )
        .filter(({ encoded }) => !NO_PLACE.has(encoded))
    )
  )
  const who = fc.oneof(
    { weight: 2, arbitrary: fc.constant(known.viewers[0] ?? '') },
    { weight: 3, arbitrary: fc.constantFrom(...known.viewers) }
  )
  const plain = fc.record({ limit: fc.integer({ min: 1, max: 5 }), cursor: cursorsOf(own, known) }).map(
    ({ limit, cursor }) =>
      [
        ['limit', [written(String(limit))]],
        ['cursor', [cursor]]
      ] as [string, Written[]][]
  )
  const query =
    own.length > 0
      ? fc.oneof({ weight: 1, arbitrary: plain }, { weight: 3, arbitrary: queriesOf(inQuery, known) })
      : queriesOf(inQuery, known)
  const nothing = fc.constant({})
  const sent = body
    ? bodiesOf(body, known)
    : method === 'GET'
      ? nothing
      : fc.oneof({ weight: 3, arbitrary: nothing }, { weight: 1, arbitrary: bodiesOf({ properties: {} }, known) })
  return fc.record({ who, filled, query, sent }).map(({ who, filled, query, sent }) => {
    const place = inPath.reduce((url, { name }, i) => url.replace(`{${name}}`, () => filled[i]?.encoded ?? ''), path)
    const pairs = query.flatMap(([name, values]) => values.map(({ encoded }) => `${name}=${encoded}`))
    return {
      who,
      url: pairs.length > 0 ? `${place}?${pairs.join('&')}` : place,
      ...sent,
      values: [...filled, ...query.flatMap(([, values]) => values)].map(({ text }) => text)
    }
  })
}

/** Few of the parameters: the first wrong one ends a request. */
function queriesOf(parameters: readonly Parameter[], known: Known): fc.Arbitrary<[string, Written[]][]> {
  const any = fc.tuple(
    ...parameters.map(({ name, schema }) => {
      const right = name === 'cursor' ? cursorsOf(Object.values(known.cursors).flat(), known) : texts(schema, known)
      const values = fc.oneof(
        { weight: 8, arbitrary: fc.array(right, { minLength: 1, maxLength: schema.items ? 3 : 1 }) },
        { weight: 2, arbitrary: wrong().map(value => [value]) },
        { weight: 1, arbitrary: fc.array(fc.oneof(right, wrong()), { minLength: 2, maxLength: 60 }) }
      )
      return fc.oneof(
        { weight: Math.max(4, parameters.length), arbitrary: fc.constant(null) },
        { weight: 2, arbitrary: values.map((values): [string, Written[]] => [name, values]) }
      )
    })
  )
  const unknown = fc.oneof(
    { weight: 30, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: wrong().map((value): [string, Written[]] => ['user_id', [value]]) }
  )
  return fc.tuple(any, unknown).map(([pairs, extra]) => [...pairs, extra].filter(pair => pair !== null))
}

function texts(schema: Schema, { values }: Known): fc.Arbitrary<Written> {
  return validFor(schema.items ?? schema, values).map(value => written(String(value)))
}

function wrong(): fc.Arbitrary<Written> {
  return fc.oneof(
    { weight: 9, arbitrary: hostile().map(written) },
    { weight: 1, arbitrary: fc.constantFrom(...MALFORMED).map(encoded => ({ text: '', encoded })) }
  )
}

/** As it was given, cut off, with another value in a place of its own, or none at all. */
function cursorsOf(cursors: readonly string[], { values }: Known): fc.Arbitrary<Written> {
  if (cursors.length === 0) return hostile().map(written)
  const place = fc.record({
    cursor: fc.constantFrom(...cursors),
    at: fc.nat(3),
    value: fc.oneof(hostile(), fc.constantFrom(...values), fc.jsonValue())
  })
  const moved = place.map(({ cursor, at, value }) => {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[] // one of ours
    return Buffer.from(JSON.stringify(parts.with(Math.min(at + 1, parts.length - 1), value))).toString('base64url')
  })
  const cut = place.map(({ cursor, at }) => cursor.slice(at, -at))
  return fc
    .oneof(
      { weight: 2, arbitrary: fc.constantFrom(...cursors) },
      { weight: 5, arbitrary: moved },
      { weight: 1, arbitrary: cut },
      { weight: 1, arbitrary: hostile() }
    )
    .map(written)
}

function bodiesOf(schema: Schema, { values }: Known): fc.Arbitrary<Pick<FuzzedRequest, 'payload' | 'contentType'>> {
  const right = validFor(schema, values)
  const names = Object.keys((schema.anyOf?.[0] ?? schema).properties ?? {})
  const spoiled = fc
    .tuple(right, fc.constantFrom(...names, 'more', '__proto__'), fc.oneof(hostile(), fc.jsonValue()))
    .map(([body, name, value]) => ({ ...(body as object), [name]: value }))
  const text = fc.oneof(
    { weight: 12, arbitrary: right.map(body => JSON.stringify(body)) },
    { weight: 6, arbitrary: spoiled.map(body => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.jsonValue().map(body => JSON.stringify(body)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        '',
        '{',
        '{"name": "\\ud800"}',
        '{"name":"a","name":"b"}',
        '{"__proto__": {}}',
        `{"name": "${'x'.repeat(70_000)}"}`,
        '['.repeat(9_000),
        '\ufeff{}'
      )
    }
  )
  const contentType = fc.oneof(
    { weight: 12, arbitrary: fc.constant('application/json') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/json; charset=latin1',
        'application/xml',
        ';'
      )
    }
  )
  return fc.record({ payload: text, contentType })
}

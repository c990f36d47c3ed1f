import fc from 'fast-check'
import type { Operation, Parameter, Schema } from './operations.js'
import { hostile, MALFORMED, validFor } from './values.js'

export interface FuzzedRequest {
  caller: string
  url: string
  /** Undefined when the request has no body. */
  payload?: string
  contentType?: string
  /** The values of the request, which an error response must not repeat. */
  values: string[]
}

export interface KnownValues {
  /** The names of all callers. The first one may call every operation. */
  viewers: readonly string[]
  /** Values that exist in the database and match filters; the most productive ones come first. */
  values: readonly string[]
  /** The ids of the items of each list, by its path. */
  ids: Readonly<Record<string, readonly string[]>>
  /** Valid cursors of each list, by its path. */
  cursors: Readonly<Record<string, readonly string[]>>
}

/** A value and its encoding in a URL. */
interface UrlValue {
  text: string
  encoded: string
}

/** Path segments that would make the URL match another route. */
const PATH_CHANGING_SEGMENTS = new Set(['', '.', '..'])

const encodeValue = (text: string): UrlValue => ({ text, encoded: encodeURIComponent(text.toWellFormed()) })

/** Generates requests of an operation by any caller, whose parameters and body are valid or partly hostile. */
export function requestsOf(operation: Operation, known: KnownValues): fc.Arbitrary<FuzzedRequest> {
  const { method, path, inPath, inQuery, body } = operation
  const cursors = known.cursors[path] ?? []
  const ids = known.ids[path.slice(0, path.indexOf('/{'))] ?? []
  const pathValues = fc.tuple(
    ...inPath.map(({ name, schema }) =>
      fc
        .oneof(
          ...((name === 'id' || name === 'extension') && ids.length > 0
            ? [{ weight: 6, arbitrary: fc.constantFrom(...ids).map(encodeValue) }]
            : []),
          { weight: 2, arbitrary: validValues(schema, known) },
          { weight: 3, arbitrary: invalidValues() }
        )
        .filter(({ encoded }) => !PATH_CHANGING_SEGMENTS.has(encoded))
    )
  )
  const caller = fc.oneof(
    { weight: 2, arbitrary: fc.constant(known.viewers[0] ?? '') },
    { weight: 3, arbitrary: fc.constantFrom(...known.viewers) }
  )
  const pageQuery = fc.record({ limit: fc.integer({ min: 1, max: 5 }), cursor: cursorsOf(cursors, known) }).map(
    ({ limit, cursor }) =>
      [
        ['limit', [encodeValue(String(limit))]],
        ['cursor', [cursor]]
      ] as [string, UrlValue[]][]
  )
  const query =
    cursors.length > 0
      ? fc.oneof({ weight: 1, arbitrary: pageQuery }, { weight: 3, arbitrary: queriesOf(inQuery, known) })
      : queriesOf(inQuery, known)
  const noBody = fc.constant({})
  const bodies = body
    ? bodiesOf(body, known)
    : method === 'GET'
      ? noBody
      : fc.oneof({ weight: 3, arbitrary: noBody }, { weight: 1, arbitrary: bodiesOf({ properties: {} }, known) })
  return fc.record({ caller, pathValues, query, body: bodies }).map(({ caller, pathValues, query, body }) => {
    const filledPath = inPath.reduce(
      (url, { name }, i) => url.replace(`{${name}}`, () => pathValues[i]?.encoded ?? ''),
      path
    )
    const pairs = query.flatMap(([name, values]) => values.map(({ encoded }) => `${name}=${encoded}`))
    return {
      caller,
      url: pairs.length > 0 ? `${filledPath}?${pairs.join('&')}` : filledPath,
      ...body,
      values: [...pathValues, ...query.flatMap(([, values]) => values)].map(({ text }) => text)
    }
  })
}

/** Generates few parameters per request, because the first invalid one ends the request. */
function queriesOf(parameters: readonly Parameter[], known: KnownValues): fc.Arbitrary<[string, UrlValue[]][]> {
  const documented = fc.tuple(
    ...parameters.map(({ name, schema }) => {
      const valid =
        name === 'cursor' ? cursorsOf(Object.values(known.cursors).flat(), known) : validValues(schema, known)
      const values = fc.oneof(
        { weight: 8, arbitrary: fc.array(valid, { minLength: 1, maxLength: schema.items ? 3 : 1 }) },
        { weight: 2, arbitrary: invalidValues().map(value => [value]) },
        { weight: 1, arbitrary: fc.array(fc.oneof(valid, invalidValues()), { minLength: 2, maxLength: 60 }) }
      )
      return fc.oneof(
        { weight: Math.max(4, parameters.length), arbitrary: fc.constant(null) },
        { weight: 2, arbitrary: values.map((values): [string, UrlValue[]] => [name, values]) }
      )
    })
  )
  const unknown = fc.oneof(
    { weight: 30, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: invalidValues().map((value): [string, UrlValue[]] => ['user_id', [value]]) }
  )
  return fc.tuple(documented, unknown).map(([pairs, extra]) => [...pairs, extra].filter(pair => pair !== null))
}

function validValues(schema: Schema, { values }: KnownValues): fc.Arbitrary<UrlValue> {
  return validFor(schema.items ?? schema, values).map(value => encodeValue(String(value)))
}

function invalidValues(): fc.Arbitrary<UrlValue> {
  return fc.oneof(
    { weight: 9, arbitrary: hostile().map(encodeValue) },
    { weight: 1, arbitrary: fc.constantFrom(...MALFORMED).map(encoded => ({ text: '', encoded })) }
  )
}

/** Generates cursors: valid, truncated, with one value replaced, or not a cursor at all. */
function cursorsOf(cursors: readonly string[], { values }: KnownValues): fc.Arbitrary<UrlValue> {
  if (cursors.length === 0) return hostile().map(encodeValue)
  const change = fc.record({
    cursor: fc.constantFrom(...cursors),
    at: fc.nat(3),
    value: fc.oneof(hostile(), fc.constantFrom(...values), fc.jsonValue())
  })
  const edited = change.map(({ cursor, at, value }) => {
    const parts = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[] // a cursor is an array
    return Buffer.from(JSON.stringify(parts.with(Math.min(at + 1, parts.length - 1), value))).toString('base64url')
  })
  const truncated = change.map(({ cursor, at }) => cursor.slice(at, -at))
  return fc
    .oneof(
      { weight: 2, arbitrary: fc.constantFrom(...cursors) },
      { weight: 5, arbitrary: edited },
      { weight: 1, arbitrary: truncated },
      { weight: 1, arbitrary: hostile() }
    )
    .map(encodeValue)
}

function bodiesOf(
  schema: Schema,
  { values }: KnownValues
): fc.Arbitrary<Pick<FuzzedRequest, 'payload' | 'contentType'>> {
  const valid = validFor(schema, values)
  const names = Object.keys((schema.anyOf?.[0] ?? schema).properties ?? {})
  const invalid = fc
    .tuple(valid, fc.constantFrom(...names, 'more', '__proto__'), fc.oneof(hostile(), fc.jsonValue()))
    .map(([body, name, value]) => ({ ...(body as object), [name]: value }))
  const text = fc.oneof(
    { weight: 12, arbitrary: valid.map(body => JSON.stringify(body)) },
    { weight: 6, arbitrary: invalid.map(body => JSON.stringify(body)) },
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

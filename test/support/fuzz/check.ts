import assert from 'node:assert/strict'
import type { LightMyRequestResponse } from 'fastify'
import { stringsIn } from '../two-organizations.js'
import type { Operation } from './operations.js'
import type { FuzzedRequest } from './requests.js'

/** Of parts of the service that a test of its API does without. The first system's sync says 500 for any failure. */
const MISSING: Readonly<Record<number, readonly string[]>> = {
  500: ['MCS_NOT_READY'],
  503: ['MCS_LIVE_CLOSED', 'MCS_NOT_RECONCILING']
}
const SYNC = '/api/admin/mightycall/sync'

/** What is shorter stands in a message by chance. */
const SHORTEST_SECRET = 6
const EXPLAINED = '2026-11-23T08:00:00Z'

/** @throws AssertionError  the answer is none that the document promises */
export function checkAnswer(
  operation: Operation,
  { values, payload = '' }: FuzzedRequest,
  { statusCode, headers, body }: LightMyRequestResponse
): void {
  const type = String(headers['content-type'] ?? '').replace(/;.*/, '')
  const said = `${statusCode} ${type}: ${body.slice(0, 500)}`
  assert.ok(
    statusCode < 500 ||
      (MISSING[statusCode]?.includes(codeOf(body)) && (statusCode !== 500 || operation.path === SYNC)),
    `a fault of ours: ${said}`
  )
  const validate = operation.answerOf(statusCode, type)
  assert.ok(validate, `not documented: ${said}`)
  const isJson = type === 'application/json'
  assert.ok(
    validate(isJson ? JSON.parse(body) : body),
    `its schema refuses it, ${JSON.stringify(validate.errors)}: ${said}`
  )
  if (type === 'application/x-ndjson')
    for (const line of body.split('\n').filter(line => line !== ''))
      assert.ok(
        operation.line?.(JSON.parse(line)),
        `the schema of its lines refuses it, ${JSON.stringify(operation.line?.errors)}: ${line}`
      )
  if (statusCode >= 400)
    checkError(
      JSON.parse(body) as Record<string, unknown>,
      [...values, ...textsIn(payload)].filter(value => !operation.explains(value) && !EXPLAINED.includes(value)),
      said
    )
}

function checkError(error: Record<string, unknown>, values: readonly string[], said: string): void {
  assert.match(String(error.code ?? error.detail), /^(MCS|FST)_[A-Z_]+$/, said)
  const text = Object.values(error).join('\n')
  for (const value of values) {
    assert.ok(
      value.trim().length < SHORTEST_SECRET || !text.includes(value),
      `it repeats ${JSON.stringify(value.slice(0, 100))}: ${said}`
    )
  }
}

function codeOf(body: string): string {
  return /"(?:code|detail)":"(\w+)"/.exec(body)?.[1] ?? ''
}

/** Of a body; none of what is no JSON. */
function textsIn(payload: string): string[] {
  try {
    return stringsIn(JSON.parse(payload))
  } catch {
    return []
  }
}

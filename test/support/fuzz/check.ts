import assert from 'node:assert/strict'
import type { LightMyRequestResponse } from 'fastify'
import { stringsIn } from '../organizations.js'
import type { Operation } from './operations.js'
import type { FuzzedRequest } from './requests.js'

/**
 * Error codes of parts of the service that a test of the API does not start. The sync route of the first system
 * responds with 500 to any failure.
 */
const EXPECTED_ERROR_CODES: Readonly<Record<number, readonly string[]>> = {
  500: ['MCS_NOT_READY'],
  503: ['MCS_LIVE_CLOSED', 'MCS_NOT_RECONCILING']
}
const SYNC = '/api/admin/mightycall/sync'

/** Shorter values occur in messages by chance. */
const MIN_SECRET_LENGTH = 6
/** The example that error messages about instants contain. */
const EXAMPLE_INSTANT = '2026-11-23T08:00:00Z'

/** @throws AssertionError  when the response is not one that the OpenAPI document describes */
export function checkAnswer(
  operation: Operation,
  { url, values, payload = '' }: FuzzedRequest,
  { statusCode, headers, body }: LightMyRequestResponse
): void {
  const type = String(headers['content-type'] ?? '').replace(/;.*/, '')
  const summary = `${statusCode} ${type}: ${body.slice(0, 500)}`
  assert.ok(
    statusCode < 500 ||
      (EXPECTED_ERROR_CODES[statusCode]?.includes(codeOf(body)) && (statusCode !== 500 || operation.path === SYNC)),
    `unexpected server error: ${summary}`
  )
  const validate = operation.answerOf(statusCode, type)
  assert.ok(validate, `undocumented status or content type: ${summary}`)
  const isJson = type === 'application/json'
  assert.ok(
    validate(isJson ? JSON.parse(body) : body),
    `the response does not match its schema, ${JSON.stringify(validate.errors)}: ${summary}`
  )
  if (type === 'application/x-ndjson') {
    const validateLine = operation.lineOf(new URL(url, 'http://localhost').searchParams.get('table'))
    for (const line of body.split('\n').filter(line => line !== ''))
      assert.ok(
        validateLine?.(JSON.parse(line)),
        `the line does not match its schema, ${JSON.stringify(validateLine?.errors)}: ${line}`
      )
  }
  if (statusCode >= 400)
    checkError(
      JSON.parse(body) as Record<string, unknown>,
      [...values, ...textsIn(payload)].filter(value => !operation.explains(value) && !EXAMPLE_INSTANT.includes(value)),
      summary
    )
}

function checkError(error: Record<string, unknown>, values: readonly string[], summary: string): void {
  assert.match(String(error.code ?? error.detail), /^(MCS|FST)_[A-Z_]+$/, summary)
  const text = Object.values(error).join('\n')
  for (const value of values) {
    assert.ok(
      value.trim().length < MIN_SECRET_LENGTH || !text.includes(value),
      `the error repeats ${JSON.stringify(value.slice(0, 100))} of the request: ${summary}`
    )
  }
}

function codeOf(body: string): string {
  return /"(?:code|detail)":"(\w+)"/.exec(body)?.[1] ?? ''
}

/** Returns the strings in a JSON body, or an empty list when the body is not JSON. */
function textsIn(payload: string): string[] {
  try {
    return stringsIn(JSON.parse(payload))
  } catch {
    return []
  }
}

import Ajv, { type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** The subset of JSON Schema that the OpenAPI document uses. */
export interface Schema {
  type?: string
  enum?: readonly unknown[]
  anyOf?: readonly Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: readonly string[]
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
}

interface Content {
  schema: Schema
}

export interface Document {
  paths: Record<
    string,
    Record<
      string,
      {
        parameters?: { name: string; in: string; schema: Schema }[]
        requestBody?: { content: Record<string, Content> }
        responses: Record<string, { content?: Record<string, Content> }>
      }
    >
  >
}

export interface Parameter {
  name: string
  schema: Schema
}

export interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** The path template of the document: `/v1/calls/{id}`. */
  path: string
  inPath: readonly Parameter[]
  inQuery: readonly Parameter[]
  body: Schema | null
  /** Returns the validator of a response, or undefined when the status or content type is not documented. */
  answerOf: (status: number, contentType: string) => ValidateFunction | undefined
  /** Returns true when the document contains the value, such as a member of an enum; errors may then contain it too. */
  explains: (value: string) => boolean
  /**
   * Returns the validator of an item of a list, which is also a line of its export; undefined when the operation is not
   * a list, or has no such table. The first table is exported when none is named.
   */
  lineOf: (table: string | null) => ValidateFunction | undefined
}

/** Returns every operation that the OpenAPI document describes, with the validators of its responses. */
export function operationsOf({ paths }: Document): Operation[] {
  const text = JSON.stringify(paths)
  const ajv = formats.default(new Ajv.default({ strict: false }))
  return Object.entries(paths)
    .filter(([path]) => /^\/(v1|api\/admin)\//.test(path))
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([name, { parameters = [], requestBody, responses }]) => {
        const answers = new Map(
          Object.entries(responses).flatMap(([status, { content = {} }]) =>
            Object.entries(content).map(([type, { schema }]) => [`${status} ${type}`, ajv.compile(schema)] as const)
          )
        )
        const properties = responses[200]?.content?.['application/json']?.schema.properties ?? {}
        const tables = new Map(
          Object.entries(properties).flatMap(([table, { items }]) =>
            items ? [[table, ajv.compile(items)] as const] : []
          )
        )
        return {
          path,
          method: name.toUpperCase() as Operation['method'], // the API has no other methods
          inPath: parameters.filter(parameter => parameter.in === 'path'),
          inQuery: parameters.filter(parameter => parameter.in === 'query'),
          body: requestBody?.content['application/json']?.schema ?? null,
          answerOf: (status, contentType) => answers.get(`${status} ${contentType}`),
          explains: value => text.includes(value),
          lineOf: table => tables.get(table ?? [...tables.keys()][0] ?? '')
        }
      })
    )
}

import Ajv, { type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** What of JSON Schema stands in the document. */
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
  /** As in the document: `/v1/calls/{id}`. */
  path: string
  inPath: readonly Parameter[]
  inQuery: readonly Parameter[]
  body: Schema | null
  /** By status and content type; undefined: not documented. */
  answerOf: (status: number, contentType: string) => ValidateFunction | undefined
  /** It stands in the document, such as a value that may be chosen: an error may say so. */
  explains: (value: string) => boolean
  /** An item of the list, which is a line of its export; null: it is no list. */
  line: ValidateFunction | null
}

/** Every operation of the API that the document describes, with what judges its answers. */
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
        const item = responses[200]?.content?.['application/json']?.schema.properties?.data?.items
        return {
          path,
          method: name.toUpperCase() as Operation['method'], // no route of ours has another
          inPath: parameters.filter(parameter => parameter.in === 'path'),
          inQuery: parameters.filter(parameter => parameter.in === 'query'),
          body: requestBody?.content['application/json']?.schema ?? null,
          answerOf: (status, contentType) => answers.get(`${status} ${contentType}`),
          explains: value => text.includes(value),
          line: item ? ajv.compile(item) : null
        }
      })
    )
}

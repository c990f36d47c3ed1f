import openapiTS, { astToString, COMMENT_HEADER, type OpenAPI3 } from 'openapi-typescript'
import { openApi } from './openapi.js'

/** The file with the types of the API for its clients. */
export const CLIENT_SCHEMA = 'src/client/schema.ts'

/** Generates the types of every route from the OpenAPI document. The same code gives the same text. */
export async function clientSchema(): Promise<string> {
  const ast = await openapiTS((await openApi()) as OpenAPI3, { alphabetize: true }) // it is a valid document
  const header = COMMENT_HEADER.replace(
    'Do not make direct changes to the file.',
    'Generated from docs/openapi.json: npm run client'
  )
  return `${header}\n${astToString(ast)}`
}

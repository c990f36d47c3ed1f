import openapiTS, { astToString, COMMENT_HEADER, type OpenAPI3 } from 'openapi-typescript'
import { openApi } from './openapi.js'

/** Where the types of the API are for those who call it. */
export const CLIENT_SCHEMA = 'src/client/schema.ts'

/** The types of every route, made from docs/openapi.json. The same code gives the same text. */
export async function clientSchema(): Promise<string> {
  const ast = await openapiTS((await openApi()) as OpenAPI3, { alphabetize: true }) // our own document is one
  return `${COMMENT_HEADER.replace('Do not make direct changes to the file.', 'Made from docs/openapi.json: npm run client')}\n${astToString(ast)}`
}

import { alarmsPage } from './alarms.js'
import { asyncApi } from './asyncapi.js'
import { CLIENT_SCHEMA, clientSchema } from './client.js'
import { configurationPage, environmentExample } from './configuration.js'
import { contributingPage } from './contributing.js'
import { csvPage } from './csv.js'
import { databasePage } from './database.js'
import { errorsPage } from './errors.js'
import { metricsPage } from './metrics.js'
import { openApi } from './openapi.js'
import { readableJson } from './readable-json.js'
import { eventSchemaFiles } from './schemas.js'

/** Every document that is generated from the code, by its path in the repository. The same code gives the same text. */
export async function generatedDocs(): Promise<Map<string, string>> {
  const described = await openApi()
  return new Map([
    ['docs/openapi.json', readableJson(described)],
    ['docs/csv.md', csvPage(described)],
    ['docs/asyncapi.json', json(asyncApi())],
    ...eventSchemaFiles().map(({ path, schema }) => [path, json(schema)] as const),
    ['docs/configuration.md', configurationPage()],
    ['.env.example', environmentExample()],
    ['docs/metrics.md', await metricsPage()],
    ['docs/errors.md', errorsPage()],
    ['docs/alarms.md', alarmsPage()],
    ['docs/database.md', databasePage()],
    ['CONTRIBUTING.md', contributingPage()],
    [CLIENT_SCHEMA, await clientSchema()]
  ])
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

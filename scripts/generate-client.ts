// Writes the types of the API client: npm run client
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../src/lib/package-root.js'
import { CLIENT_SCHEMA, clientSchema } from './docs/client.js'

writeFileSync(path.join(PROJECT_ROOT, CLIENT_SCHEMA), await clientSchema())
console.log(CLIENT_SCHEMA)

import { ACCOUNT_MEMBERS, accountSchema } from '../../src/accounts/accounts-file.js'
import { configSchema, isSecret, VARIABLE_NAMES, type VariableName } from '../../src/config/variables.js'
import { notice, table } from './markdown.js'

/** The keywords that the configuration's schema uses. */
interface Keywords {
  description: string
  default?: string | number | boolean
  type?: string
  minimum?: number
  maximum?: number
  anyOf?: { const: string }[]
}

/** docs/configuration.md */
export function configurationPage(): string {
  return `# Configuration

${notice('src/config/variables.ts')}

Everything is configured by environment variables, which are read once at the start. On one machine all are optional.
An empty variable counts as unset. When values are not valid, the process prints the name of each such variable, but
not its value, and exits with 1.

${table(['Variable', 'Default', 'Values', 'Description'], VARIABLE_NAMES.map(rowOf))}

## Secrets in files

A variable marked *secret* can also be set by a file:
\`${VARIABLE_NAMES.find(isSecret)}_FILE=/run/secrets/…\` names a file that contains the value. White space around the
value is removed. When both are set, the variable itself is used.

## Generated secrets

Without \`KAFKA_BROKERS\` and \`DATABASE_URL\` the service runs alone. The first start then generates a webhook token
and an admin key, stores them in \`DATA_DIR/secrets.env\` (mode 0600), and prints them on a terminal only.
\`WEBHOOK_TOKENS\` and \`ADMIN_KEY\` take precedence over the file.

With either of the two variables there may be several processes, which must use the same secrets, so none is generated:
the role receive requires \`WEBHOOK_TOKENS\`, and the role query requires \`ADMIN_KEY\`. Without them the process
prints one line that names what is missing, and exits with 1.

With \`ACCOUNTS_FILE\` no webhook token is generated or required, and one that was generated before is no longer
accepted: add it to the file.

## Many accounts

\`ACCOUNTS_FILE\` names a JSON file with a list of accounts. It contains secrets, so only the service should be able to
read it. All processes need the same file.

${table(['Member', 'Default', 'Description'], ACCOUNT_MEMBERS.map(memberRow))}

If \`WEBHOOK_TOKENS\` is set, there is also the account \`default\` of \`WEBHOOK_TOKENS\`, \`MIGHTYCALL_API_KEY\`,
\`MIGHTYCALL_USER_KEY\`, \`TIME_ZONE\` and \`DEFAULT_REGION\`, and no account of the file may have that id. Otherwise an
account of the file may have the id \`default\`, and continues what was stored before there was a file.

On SIGHUP the file is read again. A valid file takes effect with the next request. A file that is not valid raises the
alarm \`accounts-reload-failed\`, and the accounts do not change. Replace the file by renaming a new one, since a partly
written file is not valid. The data of a removed account is kept.

The service reads MightyCall's REST API for each account that has \`apiKey\` and \`userKeys\`. It reads the data of the
whole account with the first user key, which should therefore be that of an administrator.

## Roles

By default one process has all roles. To split them, set \`ROLES\`, \`KAFKA_BROKERS\` and \`DATABASE_URL\`: the
processes communicate through Kafka and Postgres. Among the processes with the role reconcile, one is elected to read
MightyCall, and another one takes over when it ends.
`
}

/** .env.example: every variable, commented out, with its default. */
export function environmentExample(): string {
  const head =
    '# Generated from src/config/variables.ts by npm run docs. Copy it to .env and uncomment what you set.\n' +
    '# docker compose reads .env; in a shell: set -a; . ./.env; set +a\n'
  return `${head}${VARIABLE_NAMES.map(
    name =>
      `\n${wrap(keywordsOf(name).description)
        .map(line => `# ${line}\n`)
        .join('')}# ${name}=${keywordsOf(name).default ?? ''}\n`
  ).join('')}`
}

function rowOf(name: VariableName): string[] {
  const keywords = keywordsOf(name)
  const fallback = keywords.default === undefined ? '' : `\`${keywords.default}\``
  return [`\`${name}\`${isSecret(name) ? ' *secret*' : ''}`, fallback, valuesOf(keywords), keywords.description]
}

function memberRow(name: (typeof ACCOUNT_MEMBERS)[number]): string[] {
  const { description, default: fallback } = accountSchema.properties[name] as unknown as Keywords // as below
  return [
    `\`${name}\``,
    accountSchema.required.some(required => required === name)
      ? 'required'
      : fallback === undefined
        ? ''
        : `\`${fallback}\``,
    description
  ]
}

function valuesOf({ type, minimum, maximum, anyOf }: Keywords): string {
  if (anyOf) return anyOf.map(option => `\`${option.const}\``).join(', ')
  if (type === 'boolean') return '`true`, `false`'
  return minimum === undefined ? 'text' : `${minimum} to ${maximum}`
}

/** The keywords of a variable in the schema. */
export function keywordsOf(name: VariableName): Keywords {
  return configSchema.properties[name] as unknown as Keywords // TypeBox keeps keywords that its types do not have
}

function wrap(text: string, columns = 110): string[] {
  return text.match(new RegExp(`.{1,${columns}}(?: |$)`, 'g'))?.map(line => line.trimEnd()) ?? []
}

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

Everything is configured by environment variables, read once at the start. All are optional on one machine. An empty
variable counts as unset. When one is not valid, the process names every bad one, never its value, and exits with 1.

${table(['Variable', 'Default', 'Values', 'What it is'], VARIABLE_NAMES.map(rowOf))}

## Secrets in files

A variable marked *secret* can also be given by a file: \`${VARIABLE_NAMES.find(isSecret)}_FILE=/run/secrets/…\` names a file that holds the
value. White space around it is cut. The variable itself wins when both are set.

## Generated secrets

Without \`KAFKA_BROKERS\` and without \`DATABASE_URL\` the service runs alone. The first start then makes a webhook token and
an admin key, keeps them in \`DATA_DIR/secrets.env\` (mode 0600), and shows them on a terminal only. \`WEBHOOK_TOKENS\` and
\`ADMIN_KEY\` win over the file.

With either of the two variables there may be many processes, which must agree. None of them makes a secret then:
\`WEBHOOK_TOKENS\` is required by the role receive and \`ADMIN_KEY\` by the role query. A start without them ends with one
line that says so.

With \`ACCOUNTS_FILE\` no webhook token is made or required, and one that was made before is not live any more: put it in the file.

## Many accounts

\`ACCOUNTS_FILE\` names a JSON file with a list of accounts. It holds secrets: let nobody else read it. Every process gets the same one.

${table(['Member', 'Default', 'What it is'], ACCOUNT_MEMBERS.map(memberRow))}

The account \`default\` of \`WEBHOOK_TOKENS\`, \`MIGHTYCALL_API_KEY\`, \`MIGHTYCALL_USER_KEY\`, \`TIME_ZONE\` and \`DEFAULT_REGION\` is there beside them if
\`WEBHOOK_TOKENS\` is set, and the file must not have that id then. Otherwise an account of the file may have it, and
goes on with what was stored before there was a file.

Upon SIGHUP the file is read again. A valid one takes effect with the next request; one that is not is the alarm
\`accounts-reload-failed\`, and the accounts stay as they were. Replace the file by renaming: a half of it is not valid. What was
stored of an account that is removed stays. MightyCall's REST API is read
of each account that has \`apiKey\` and \`userKeys\`: the first of the keys reads what is the whole account's, so let it be an administrator's.

## Roles

One process does everything. To split the roles, set \`ROLES\`, \`KAFKA_BROKERS\` and \`DATABASE_URL\`: the processes meet there.
Of those with the role reconcile one is elected, and the next one takes over when it ends.
`
}

/** .env.example: every variable, commented out, with its default. */
export function environmentExample(): string {
  const head =
    '# Made from src/config/variables.ts by npm run docs. Copy to .env and take away the # of what you set.\n# docker compose reads .env; in a shell: set -a; . ./.env; set +a\n'
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

/** What the schema says of a variable. */
export function keywordsOf(name: VariableName): Keywords {
  return configSchema.properties[name] as unknown as Keywords // TypeBox keeps what it was given, without a type for it
}

function wrap(text: string, columns = 110): string[] {
  return text.match(new RegExp(`.{1,${columns}}(?: |$)`, 'g'))?.map(line => line.trimEnd()) ?? []
}

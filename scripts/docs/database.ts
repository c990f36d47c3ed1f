import { REPORTING_VIEWS, type ReportingView } from '../../src/db/reporting/views.js'
import { notice, table } from './markdown.js'

/** docs/database.md: the comments of the views are those in the database, which test/db/reporting.test.ts compares. */
export function databasePage(): string {
  return `# The database

${notice('src/db/reporting/views.ts and scripts/docs/database.ts')}

The views of the schema \`reporting\` are the public interface of the database: they keep their columns, and new columns
are added at the end. The tables behind them are internal. They change with any version, without a notice.

## Connect

\`\`\`text
$ mightycall-stream grant-reader
created the role mightycall_reader; its password is not stored anywhere else
postgres://mightycall_reader:…@db.example.com:5432/mightycall
\`\`\`

The command creates a role that may read these views and nothing else, and prints its address. It can be repeated: it
then grants the views again and keeps the password, unless \`--new-password\` is given. \`--role\` names other roles.
Run it again after a restore on another server, since roles belong to the server.

- **Your own Postgres** (\`DATABASE_URL\`): the address is that of the service, with the user of the reader. The user of
  the service must be permitted to create roles. Otherwise have an administrator run
  \`create role mightycall_reader login password '…'\`, and then the command.
- **The embedded Postgres** listens on a unix socket in \`DATA_DIR/postgres.run\` only, which root and the account of
  the operating system that runs Postgres can enter. The server runs while the service does. For programs on other
  machines, and for those that cannot use a socket, as with JDBC, use your own Postgres.

\`\`\`sh
psql "postgres://mightycall_reader:…@db.example.com/mightycall" -c "select outcome, count(*) from calls group by 1"
\`\`\`

Names without a schema refer to the views, and transactions of the role are read-only. A query that runs for long
keeps Postgres from removing old versions of rows: set \`statement_timeout\`, or read from a replica.

## Conventions

Times are \`timestamptz\` with milliseconds, and durations are seconds. Numbers are in E.164 format (\`+15550347567\`)
where they could be read. Null stands for what does not exist or is not known. The id of a MightyCall object is unique
within its account: join on \`account\` as well. Values such as \`missed\` are those of the API: see
[Statistics](statistics.md).

${REPORTING_VIEWS.map(section).join('\n\n')}
`
}

function section({ name, comment, columns }: ReportingView): string {
  const rows = columns.map(([column, type, , text]) => [`\`${column}\``, TYPES[type] ?? type, text])
  return `## ${name}\n\n${comment}\n\n${table(['Column', 'Type', 'Description'], rows)}`
}

/** The short names of types. */
const TYPES: Readonly<Record<string, string>> = { 'timestamp(3) with time zone': 'timestamptz' }

import type { Config } from '../config/config.js'
import type { Service } from '../app/service.js'

/** More would push the rest off the screen. */
const MAX_ACCOUNTS = 5

/** What a person at a terminal is told at start: webhook tokens, and the admin key when it is new. */
export function banner ({ url, secrets, accounts }: Pick<Service, 'url' | 'secrets' | 'accounts'>, config: Config): string {
  const alone = config.kafka === null && config.databaseUrl === null
  const lines = [
    ...config.roles.includes('receive') ? webhookLines(accounts(), config.publicUrl ?? url) : [],
    ...config.roles.includes('receive') && !config.publicUrl ? [['', 'paste it into MightyCall; set PUBLIC_URL to the address that MightyCall can reach']] : [],
    ...config.roles.includes('query') ? [['API', `${url}/v1/calls   described at ${url}/docs`]] : [],
    ...secrets.generated ? [['admin key', `${secrets.adminKey}   (kept in ${secrets.file})`]] : alone ? [['admin key', `kept in ${secrets.file}`]] : [],
    ['topics', topicsOf(config)]
  ]
  return `\n${lines.map(([name, value]) => `  ${name?.padEnd(10)} ${value}`).join('\n')}\n`
}

export function topicsOf ({ kafka }: Config): string {
  return kafka ? `${kafka.topicPrefix}.* on ${kafka.brokers.join(', ')}` : 'local (set KAFKA_BROKERS for analysts)'
}

function webhookLines (accounts: ReturnType<Service['accounts']>, url: string): string[][] {
  const more = accounts.length - MAX_ACCOUNTS
  return [
    ...accounts.slice(0, MAX_ACCOUNTS).map(({ id, tokens }, i) => [i === 0 ? 'webhook' : '', `${url}/webhooks/mightycall/${tokens[0]}${accounts.length > 1 ? `   (${id})` : ''}`]),
    ...more > 0 ? [['', `and ${more} more`]] : []
  ]
}

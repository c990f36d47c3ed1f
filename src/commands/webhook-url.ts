import { SimulateError } from '../errors.js'

/** Not while options are parsed: commander's complaint would print the token. */
export function parseWebhookUrl (text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw new SimulateError('--url must be the address that MightyCall would post to: http://…/webhooks/mightycall/<token>')
  return url
}

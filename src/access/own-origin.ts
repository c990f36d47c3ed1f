import type { FastifyRequest } from 'fastify'

/**
 * Whether a browser says that a page of ours sends the request; null when it says nothing, as whoever is no browser.
 * Ours is what the request was sent to, or PUBLIC_URL, since a proxy may hide the one that the browser knows.
 */
export function isOwnOrigin ({ headers: { origin }, host }: Pick<FastifyRequest, 'headers' | 'host'>, publicUrl: string | null): boolean | null {
  if (origin === undefined) return null
  if (!URL.canParse(origin)) return false // "null", of a sandboxed page
  const from = new URL(origin)
  return from.host === host.toLowerCase().replace(/:(80|443)$/, '') || (publicUrl !== null && from.origin === new URL(publicUrl).origin)
}

/** What only reads does no harm, whoever has a browser send it. */
export function isReading (method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

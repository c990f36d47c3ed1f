import type { RouteRole } from './viewer.js'

type RouteLine = readonly [
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  role: RouteRole,
  file: string
]

/** Every route of the API: who may use it, and where it is. One that is not here is refused at start. */
export const ROUTES: readonly RouteLine[] = [
  ['GET', '/v1/calls', 'viewer', 'query/calls.ts'],
  ['GET', '/v1/calls/:id', 'viewer', 'query/calls.ts'],
  ['GET', '/v1/calls/:id/timeline', 'viewer', 'query/timeline.ts'],
  ['GET', '/v1/agents', 'viewer', 'query/agents.ts'],
  ['GET', '/v1/agents/:extension/history', 'viewer', 'query/agent-history.ts'],
  ['GET', '/v1/voicemails', 'viewer', 'query/voicemails.ts'],
  ['GET', '/v1/voicemails/:id', 'viewer', 'query/voicemails.ts'],
  ['GET', '/v1/messages', 'viewer', 'query/messages.ts'],
  ['GET', '/v1/messages/:id', 'viewer', 'query/messages.ts'],
  ['GET', '/v1/threads', 'viewer', 'query/threads.ts'],
  ['GET', '/v1/threads/:id', 'viewer', 'query/threads.ts'],
  ['GET', '/v1/numbers', 'viewer', 'query/numbers.ts'],
  ['GET', '/v1/numbers/:id', 'viewer', 'query/numbers.ts'],
  ['GET', '/v1/contacts', 'viewer', 'query/contacts.ts'],
  ['GET', '/v1/contacts/:id', 'viewer', 'query/contacts.ts'],
  ['GET', '/v1/events', 'platform_admin', 'query/events.ts'],
  ['GET', '/v1/events/:id', 'platform_admin', 'query/events.ts'],
  ['GET', '/v1/live', 'viewer', 'live/live.ts'],
  ['GET', '/v1/stats/calls', 'viewer', 'query/stats/calls.ts'],
  ['GET', '/v1/stats/agents', 'viewer', 'query/stats/agents.ts'],
  ['GET', '/v1/stats/now', 'viewer', 'query/stats/now.ts'],
  ['GET', '/v1/settings', 'viewer', 'query/settings.ts'],
  ['PATCH', '/v1/settings', 'platform_admin', 'query/settings.ts'],
  ['GET', '/v1/system', 'platform_admin', 'query/system.ts'],
  ['GET', '/v1/me', 'viewer', 'query/me.ts'],
  ['POST', '/v1/session', 'open', 'query/session.ts'],
  ['DELETE', '/v1/session', 'open', 'query/session.ts'],
  ['GET', '/v1/keys', 'org_admin', 'query/keys.ts'],
  ['POST', '/v1/keys', 'org_admin', 'query/keys.ts'],
  ['DELETE', '/v1/keys/:id', 'org_admin', 'query/keys.ts'],
  ['GET', '/v1/organizations', 'org_admin', 'query/organizations.ts'],
  ['POST', '/v1/organizations', 'platform_admin', 'query/organizations.ts'],
  ['GET', '/v1/organizations/:id', 'org_admin', 'query/organizations.ts'],
  ['PATCH', '/v1/organizations/:id', 'platform_admin', 'query/organizations.ts'],
  ['POST', '/v1/organizations/:id/numbers', 'platform_admin', 'query/organization-numbers.ts'],
  ['DELETE', '/v1/organizations/:id/numbers/:number', 'platform_admin', 'query/organization-numbers.ts'],
  ['GET', '/v1/audit', 'platform_admin', 'query/audit.ts'],
  ['GET', '/v1/drift', 'platform_admin', 'query/drift.ts'],
  ['GET', '/v1/dead-letters', 'platform_admin', 'query/dead-letters.ts'],
  ['GET', '/v1/dead-letters/:id', 'platform_admin', 'query/dead-letters.ts'],
  ['POST', '/v1/dead-letters/:id/redrive', 'platform_admin', 'query/dead-letters.ts'],
  ['POST', '/v1/dead-letters/:id/discard', 'platform_admin', 'query/dead-letters.ts'],
  ['GET', '/v1/failed-entities', 'platform_admin', 'query/failed-entities.ts'],
  ['POST', '/v1/failed-entities/refold', 'platform_admin', 'query/failed-entities.ts'],
  ['POST', '/v1/projector/resume', 'operator', 'query/projector.ts'],
  ['GET', '/v1/quota', 'platform_admin', 'query/quota.ts'],
  ['GET', '/v1/sync', 'platform_admin', 'query/sync.ts'],
  ['POST', '/v1/backfills', 'platform_admin', 'query/backfills.ts'],
  ['GET', '/v1/backfills', 'platform_admin', 'query/backfills.ts'],
  ['GET', '/v1/backfills/:id', 'platform_admin', 'query/backfills.ts'],
  ['DELETE', '/v1/backfills/:id', 'platform_admin', 'query/backfills.ts'],
  ['GET', '/v1/completeness', 'platform_admin', 'query/completeness.ts'],
  ['POST', '/api/admin/mightycall/sync', 'platform_admin', 'query/first-system/sync.ts'],
  ['GET', '/api/admin/mightycall/phone-numbers', 'platform_admin', 'query/first-system/directory.ts'],
  ['GET', '/api/admin/mightycall/extensions', 'platform_admin', 'query/first-system/directory.ts'],
  ['GET', '/api/admin/mightycall/reports', 'platform_admin', 'query/first-system/reports.ts']
]

const RULES = new Map(ROUTES.map(([method, url, role]) => [`${method} ${url}`, role]))

/** @throws when nobody has said who may use it */
export function roleOf(method: string, url: string): RouteRole {
  const role = RULES.get(`${method === 'HEAD' ? 'GET' : method} ${url}`)
  if (!role) throw new Error(`${method} ${url} is not in access/routes.ts: say there who may use it`)
  return role
}

import type { RouteRole } from './viewer.js'

type RouteLine = readonly [
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  role: RouteRole,
  file: string
]

/** Every route of the API, with the role that it requires and its file in src. Without a line, the start fails. */
export const ROUTES: readonly RouteLine[] = [
  ['GET', '/v1/calls', 'viewer', 'api/calls/routes.ts'],
  ['GET', '/v1/calls/:id', 'viewer', 'api/calls/routes.ts'],
  ['GET', '/v1/calls/:id/timeline', 'viewer', 'api/calls/timeline.ts'],
  ['GET', '/v1/agents', 'viewer', 'api/agents/routes.ts'],
  ['GET', '/v1/agents/:extension/history', 'viewer', 'api/agents/history.ts'],
  ['GET', '/v1/voicemails', 'viewer', 'api/resources/voicemails.ts'],
  ['GET', '/v1/voicemails/:id', 'viewer', 'api/resources/voicemails.ts'],
  ['GET', '/v1/messages', 'viewer', 'api/resources/messages.ts'],
  ['GET', '/v1/messages/:id', 'viewer', 'api/resources/messages.ts'],
  ['GET', '/v1/threads', 'viewer', 'api/resources/threads.ts'],
  ['GET', '/v1/threads/:id', 'viewer', 'api/resources/threads.ts'],
  ['GET', '/v1/numbers', 'viewer', 'api/resources/numbers.ts'],
  ['GET', '/v1/numbers/:id', 'viewer', 'api/resources/numbers.ts'],
  ['GET', '/v1/contacts', 'viewer', 'api/resources/contacts.ts'],
  ['GET', '/v1/contacts/:id', 'viewer', 'api/resources/contacts.ts'],
  ['GET', '/v1/events', 'platform_admin', 'api/resources/events.ts'],
  ['GET', '/v1/events/:id', 'platform_admin', 'api/resources/events.ts'],
  ['GET', '/v1/live', 'viewer', 'live/route.ts'],
  ['GET', '/v1/stats/calls', 'viewer', 'api/stats/calls.ts'],
  ['GET', '/v1/stats/agents', 'viewer', 'api/stats/agents.ts'],
  ['GET', '/v1/stats/now', 'viewer', 'api/stats/now.ts'],
  ['GET', '/v1/settings', 'viewer', 'api/admin/settings.ts'],
  ['PATCH', '/v1/settings', 'platform_admin', 'api/admin/settings.ts'],
  ['GET', '/v1/system', 'platform_admin', 'api/admin/system.ts'],
  ['GET', '/v1/me', 'viewer', 'api/access/me.ts'],
  ['POST', '/v1/session', 'open', 'api/access/session.ts'],
  ['DELETE', '/v1/session', 'open', 'api/access/session.ts'],
  ['GET', '/v1/keys', 'org_admin', 'api/access/keys.ts'],
  ['POST', '/v1/keys', 'org_admin', 'api/access/keys.ts'],
  ['DELETE', '/v1/keys/:id', 'org_admin', 'api/access/keys.ts'],
  ['GET', '/v1/organizations', 'org_admin', 'api/access/organizations.ts'],
  ['POST', '/v1/organizations', 'platform_admin', 'api/access/organizations.ts'],
  ['GET', '/v1/organizations/:id', 'org_admin', 'api/access/organizations.ts'],
  ['PATCH', '/v1/organizations/:id', 'platform_admin', 'api/access/organizations.ts'],
  ['POST', '/v1/organizations/:id/numbers', 'platform_admin', 'api/access/organization-numbers.ts'],
  ['DELETE', '/v1/organizations/:id/numbers/:number', 'platform_admin', 'api/access/organization-numbers.ts'],
  ['GET', '/v1/audit', 'platform_admin', 'api/admin/audit.ts'],
  ['GET', '/v1/drift', 'platform_admin', 'api/admin/drift.ts'],
  ['GET', '/v1/dead-letters', 'platform_admin', 'api/admin/dead-letters.ts'],
  ['GET', '/v1/dead-letters/:id', 'platform_admin', 'api/admin/dead-letters.ts'],
  ['POST', '/v1/dead-letters/:id/redrive', 'platform_admin', 'api/admin/dead-letters.ts'],
  ['POST', '/v1/dead-letters/:id/discard', 'platform_admin', 'api/admin/dead-letters.ts'],
  ['GET', '/v1/failed-entities', 'platform_admin', 'api/admin/failed-entities.ts'],
  ['POST', '/v1/failed-entities/refold', 'platform_admin', 'api/admin/failed-entities.ts'],
  ['POST', '/v1/projector/resume', 'operator', 'api/admin/projector.ts'],
  ['GET', '/v1/quota', 'platform_admin', 'api/admin/quota.ts'],
  ['GET', '/v1/sync', 'platform_admin', 'api/admin/sync.ts'],
  ['POST', '/v1/backfills', 'platform_admin', 'api/admin/backfills.ts'],
  ['GET', '/v1/backfills', 'platform_admin', 'api/admin/backfills.ts'],
  ['GET', '/v1/backfills/:id', 'platform_admin', 'api/admin/backfills.ts'],
  ['DELETE', '/v1/backfills/:id', 'platform_admin', 'api/admin/backfills.ts'],
  ['GET', '/v1/completeness', 'platform_admin', 'api/admin/completeness.ts'],
  ['POST', '/api/admin/mightycall/sync', 'platform_admin', 'api/first-system/sync.ts'],
  ['GET', '/api/admin/mightycall/phone-numbers', 'platform_admin', 'api/first-system/directory.ts'],
  ['GET', '/api/admin/mightycall/extensions', 'platform_admin', 'api/first-system/directory.ts'],
  ['GET', '/api/admin/mightycall/reports', 'platform_admin', 'api/first-system/reports.ts']
]

const RULES = new Map(ROUTES.map(([method, url, role]) => [`${method} ${url}`, role]))

/** @throws when the table has no line for the route */
export function roleOf(method: string, url: string): RouteRole {
  const role = RULES.get(`${method === 'HEAD' ? 'GET' : method} ${url}`)
  if (!role)
    throw new Error(`${method} ${url} is not in access/route-roles.ts: add it there with the role that it requires`)
  return role
}

import type { FastifyRequest } from 'fastify'
import { KEY_ROLES } from '../db/schema/access.js'

export type KeyRole = typeof KEY_ROLES[number]

/** `open`: whoever asks, without a key. */
export type RouteRole = KeyRole | 'open'

/** Who asks, as far as it decides what is shown. */
export interface Viewer {
  /** Id of the key; `admin` for ADMIN_KEY. */
  actor: string
  role: KeyRole
  /** Null: all accounts. */
  account: string | null
  /** Null: all of the account. */
  organization: string | null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until it is known: see query/api.ts. */
    viewer: Viewer | null
  }
  interface FastifyContextConfig {
    /** Who may use the route: see access/routes.ts. */
    role?: RouteRole
  }
}

/** The holder of ADMIN_KEY. */
export const ADMIN: Viewer = { actor: 'admin', role: 'platform_admin', account: null, organization: null }

/** Of a route that only those reach who were let in. */
export function viewerOf (request: FastifyRequest): Viewer {
  if (!request.viewer) throw new Error('the route is not behind a key')
  return request.viewer
}

/** For what is kept about who did something. */
export const actorOf = (request: FastifyRequest): string => viewerOf(request).actor

/** Whether a role is enough where another is asked for: each may do all that the next may. */
export function isEnough (role: KeyRole, asked: KeyRole): boolean {
  return KEY_ROLES.indexOf(role) <= KEY_ROLES.indexOf(asked)
}

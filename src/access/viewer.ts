import type { FastifyRequest } from 'fastify'
import { KEY_ROLES } from '../db/schema/access.js'
import { ForbiddenError } from '../errors.js'

export type KeyRole = (typeof KEY_ROLES)[number]

/** `open`: no key is required. `operator`: a platform_admin of all accounts, for what concerns all of them. */
export type RouteRole = KeyRole | 'open' | 'operator'

/** Who sends a request, and what may be shown to them. */
export interface Viewer {
  /** The id of the key, or `admin` for ADMIN_KEY. */
  actor: string
  role: KeyRole
  /** `null` for all accounts. */
  account: string | null
  /** `null` for everything in the account. */
  organization: string | null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** `null` until the request is authenticated: see api/authorize.ts. */
    viewer: Viewer | null
  }
  interface FastifyContextConfig {
    /** The role that the route requires: see access/route-roles.ts. */
    role?: RouteRole
  }
}

/** The holder of ADMIN_KEY. */
export const ADMIN: Viewer = { actor: 'admin', role: 'platform_admin', account: null, organization: null }

/** The operator at the command line of the machine. */
export const COMMAND_LINE: Viewer = { ...ADMIN, actor: 'command line' }

/** The viewer of a request to a route that requires authentication. */
export function viewerOf(request: FastifyRequest): Viewer {
  if (!request.viewer) throw new Error('the route is not behind a key')
  return request.viewer
}

/** Whether the viewer may see an account; `ofAccount` of row-visibility.ts is the same as a condition of SQL. */
export function seesAccount({ account: own }: Viewer, account: string): boolean {
  return own === null || own === account
}

/** The requested accounts that the viewer may see, all of these by default; null for every account. */
export function accountsFor(viewer: Viewer, requested: readonly string[] | undefined): readonly string[] | null {
  if (requested) return [...new Set(requested)].filter(account => seesAccount(viewer, account))
  return viewer.account === null ? null : [viewer.account]
}

/** The name of the viewer in the audit log. */
export const actorOf = (request: FastifyRequest): string => viewerOf(request).actor

/** @throws ForbiddenError  the viewer does not have the required role */
export function requireRole(viewer: Viewer, required: Exclude<RouteRole, 'open'>): void {
  if (required === 'operator') {
    if (viewer.role !== 'platform_admin' || viewer.account !== null)
      throw new ForbiddenError('platform_admin of all accounts')
  } else if (!includesRole(viewer.role, required)) throw new ForbiddenError(required)
}

/** Whether a role includes the required one: each role may do everything that the next one may. */
export function includesRole(role: KeyRole, required: KeyRole): boolean {
  return KEY_ROLES.indexOf(role) <= KEY_ROLES.indexOf(required)
}

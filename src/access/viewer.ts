import type { FastifyRequest } from 'fastify'
import { KEY_ROLES } from '../db/schema/access.js'
import { ForbiddenError } from '../errors.js'

export type KeyRole = (typeof KEY_ROLES)[number]

/** `open`: whoever asks, without a key. `operator`: a platform_admin of all accounts, for what concerns them all. */
export type RouteRole = KeyRole | 'open' | 'operator'

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
    /** Null until it is known: see api/authorize.ts. */
    viewer: Viewer | null
  }
  interface FastifyContextConfig {
    /** Who may use the route: see access/route-roles.ts. */
    role?: RouteRole
  }
}

/** The holder of ADMIN_KEY. */
export const ADMIN: Viewer = { actor: 'admin', role: 'platform_admin', account: null, organization: null }

/** Who works at the command line, on the machine itself. */
export const COMMAND_LINE: Viewer = { ...ADMIN, actor: 'command line' }

/** Of a route that only those reach who were let in. */
export function viewerOf(request: FastifyRequest): Viewer {
  if (!request.viewer) throw new Error('the route is not behind a key')
  return request.viewer
}

/** The same as `ofAccount` of visible.ts, for what does not come from the database. */
export function seesAccount({ account: own }: Viewer, account: string): boolean {
  return own === null || own === account
}

/** Those of the accounts asked for that the viewer sees. Null: all. */
export function accountsFor(viewer: Viewer, asked: readonly string[] | undefined): readonly string[] | null {
  if (asked) return [...new Set(asked)].filter(account => seesAccount(viewer, account))
  return viewer.account === null ? null : [viewer.account]
}

/** For what is kept about who did something. */
export const actorOf = (request: FastifyRequest): string => viewerOf(request).actor

/** @throws ForbiddenError  the route is not for this viewer */
export function requireRole(viewer: Viewer, asked: Exclude<RouteRole, 'open'>): void {
  if (asked === 'operator') {
    if (viewer.role !== 'platform_admin' || viewer.account !== null)
      throw new ForbiddenError('platform_admin of all accounts')
  } else if (!isEnough(viewer.role, asked)) throw new ForbiddenError(asked)
}

/** Whether a role is enough where another is asked for: each may do all that the next may. */
export function isEnough(role: KeyRole, asked: KeyRole): boolean {
  return KEY_ROLES.indexOf(role) <= KEY_ROLES.indexOf(asked)
}

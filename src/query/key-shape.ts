import Type, { type Static } from 'typebox'
import type { ApiKey } from '../access/api-key.js'
import { KEY_ROLES } from '../db/schema/access.js'
import { orNull } from '../events/envelope.js'

const instant = (description: string) => orNull(Type.String({ format: 'date-time' }), description)

export const keyShape = Type.Object({
  id: Type.String({ format: 'uuid' }),
  label: Type.String(),
  role: Type.Enum([...KEY_ROLES]),
  account: orNull(Type.String(), 'Null: all accounts.'),
  organization: orNull(Type.String({ format: 'uuid' }), 'Null: all of the account.'),
  createdAt: Type.String({ format: 'date-time' }),
  createdBy: Type.String({ description: 'Id of a key; admin: ADMIN_KEY; command line.' }),
  expiresAt: instant('Null: never.'),
  revokedAt: instant('Null: it is not.'),
  lastUsedAt: instant('To the minute. Null: never.')
}, { title: 'key' })

export function toKeyShape ({ id, label, role, account, organization, createdBy, createdAt, expiresAt, revokedAt, lastUsedAt }: ApiKey): Static<typeof keyShape> {
  const text = (at: Date | null) => at?.toISOString() ?? null
  return { id, label, role, account, organization, createdBy, createdAt: createdAt.toISOString(), expiresAt: text(expiresAt), revokedAt: text(revokedAt), lastUsedAt: text(lastUsedAt) }
}

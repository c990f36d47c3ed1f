import { STALE_SECONDS } from '../stale-calls.js'

/** A column of a view: its name, its type as Postgres prints it, the expression that computes it, and its comment. */
type Column = readonly [name: string, type: string, expression: string, comment: string]

export interface ReportingView {
  name: string
  comment: string
  columns: readonly Column[]
  /** The tables that the expressions refer to. */
  from: string
}

const TIME = 'timestamp(3) with time zone'
const ACCOUNT = 'The id of the MightyCall account.'

const accountOf = (table: string): Column => ['account', 'text', `${table}.account`, ACCOUNT]

/** The columns that calls, voicemails and messages share. */
const partiesOf = (table: string): Column[] => [
  ['business_number', 'text', `${table}.business_number`, 'The business number, in E.164 format. Null when unknown.'],
  [
    'client_number',
    'text',
    `${table}.client_number`,
    'The number of the client, in E.164 format where it could be read. Null when unknown or withheld.'
  ],
  ['client_name', 'text', `${table}.client_name`, 'The name of the client, or of a site widget. Null when unknown.']
]

const ORGANIZATION: Column = [
  'organization_id',
  'uuid',
  'o.organization',
  'The organization that owned the business number then. Null when none did.'
]

/** The ownership of the business number at an instant, of which there is at most one. */
const ownerAt = (table: string, number: string, instant: string) =>
  `left join number_ownerships o on o.account = ${table}.account and o.number = ${table}.${number}
    and o.owned_from <= ${instant} and (o.owned_until is null or o.owned_until > ${instant})`

/**
 * The views of the schema `reporting`, which are the public interface of the database. The tables behind them may
 * change; a view keeps its columns, and gets new ones at its end only.
 */
export const REPORTING_VIEWS: readonly ReportingView[] = [
  {
    name: 'calls',
    comment: 'One row per call, including calls in progress.',
    columns: [
      accountOf('c'),
      ['id', 'text', 'c.call_id', 'The id of the call at MightyCall. Unique within the account.'],
      ['direction', 'text', 'c.direction', 'inbound, outbound, callback or internal.'],
      ['state', 'text', 'c.state', 'waiting, ringing, connected or ended.'],
      [
        'outcome',
        'text',
        'c.outcome',
        'answered, missed, abandoned, unanswered, voicemail, dropped or canceled. Null until the call has ended.'
      ],
      ...partiesOf('c'),
      ['started_at', TIME, 'c.started_at', 'When the call began.'],
      ['answered_at', TIME, 'c.answered_at', 'When it was answered. Null when not answered, or when unknown.'],
      ['ended_at', TIME, 'c.ended_at', 'When it ended. Null until then.'],
      [
        'wait_seconds',
        'double precision',
        'c.wait_seconds',
        'Seconds from the start to the answer, or to the end of an unanswered call. Null when unknown.'
      ],
      [
        'talk_seconds',
        'double precision',
        'c.talk_seconds',
        'Seconds in which at least one extension was connected. Null until the call has ended, and when unknown.'
      ],
      ['answered_by', 'text', 'c.answered_by', 'The extension that answered first. Null when none did.'],
      [
        'lost_in_transfer',
        'boolean',
        'c.lost_in_transfer',
        'Whether, after a conversation, the last extension that rang did not answer.'
      ],
      ['group_id', 'text', 'c.group_id', 'The ring group or queue, as MightyCall reports it. Null when unknown.'],
      [
        'recorded',
        'boolean',
        '(c.recording_id is not null or c.recording_link is not null)',
        'Whether a recording is known.'
      ],
      [
        'stale',
        'boolean',
        `(c.state <> 'ended' and c.last_event_at < now() - interval '${STALE_SECONDS} seconds')`,
        'Whether an open call has had no event for four hours. Its end was probably missed.'
      ],
      ['webhook_events', 'integer', 'c.webhook_events', 'The number of distinct notifications about the call.'],
      ['rest_events', 'integer', 'c.rest_events', "The number of distinct facts about it from MightyCall's REST API."],
      ORGANIZATION
    ],
    from: `call_history c ${ownerAt('c', 'business_number', 'c.started_at')}`
  },
  {
    name: 'call_legs',
    comment: 'One row per attempt to reach an extension within a call.',
    columns: [
      accountOf('l'),
      ['call_id', 'text', 'l.call_id', 'The id of the call: calls.id of the same account.'],
      [
        'extension',
        'text',
        "nullif(l.extension, '')",
        'The extension that was called. Null when MightyCall did not name it.'
      ],
      ['attempt', 'smallint', 'l.attempt', 'The number of the attempt at this extension in this call: 1, 2, …'],
      ['role', 'text', 'l.role', 'agent, or dialer: the extension that placed the call.'],
      ['ringing_at', TIME, 'l.ringing_at', 'When it began to ring. Null when unknown.'],
      ['connected_at', TIME, 'l.connected_at', 'When it was answered. Null when not answered, or when unknown.'],
      ['ended_at', TIME, 'l.ended_at', 'When it ended. Null until then, and when unknown.'],
      ['result', 'text', 'l.result', 'answered or unanswered. Null while it rings.'],
      [
        'answered_elsewhere',
        'boolean',
        'l.answered_elsewhere',
        'Whether a colleague answered the call meanwhile, so that this extension has not missed it.'
      ]
    ],
    from: 'call_legs l'
  },
  {
    name: 'voicemails',
    comment: 'One row per voicemail, including removed ones.',
    columns: [
      accountOf('v'),
      ['id', 'text', 'v.voicemail_id', 'The id of the voicemail at MightyCall. Unique within the account.'],
      ['call_id', 'text', 'v.call_id', 'The call in which it was left: calls.id. Null when unknown.'],
      ...partiesOf('v'),
      ['left_at', TIME, 'v.left_at', 'When it was left.'],
      ['duration_seconds', 'double precision', 'v.duration_seconds', 'Its length in seconds. Null when unknown.'],
      [
        'assigned_to',
        'text',
        'v.assigned_to',
        'Whom MightyCall has assigned it to. Null when nobody, or when unknown.'
      ],
      ['read', 'boolean', 'v.read', 'Whether somebody has listened to it. Null when unknown.'],
      [
        'transcript_state',
        'text',
        'v.transcript_state',
        'not-performed, silence, ready or failed: the result of speech recognition. Null when unknown.'
      ],
      ['transcript_text', 'text', 'v.transcript_text', 'The recognized text. Null when there is none.'],
      ['removed_at', TIME, 'v.removed_at', 'When it was removed. Null unless it was.'],
      ORGANIZATION
    ],
    from: `voicemail_logs v ${ownerAt('v', 'business_number', 'v.left_at')}`
  },
  {
    name: 'messages',
    comment: 'One row per SMS or MMS message, including removed ones.',
    columns: [
      accountOf('m'),
      ['id', 'text', 'm.message_id', 'The id of the message at MightyCall. Unique within the account.'],
      ['thread_id', 'uuid', 'm.thread_id', 'The conversation of the two numbers. Null when one of them is unknown.'],
      ['direction', 'text', 'm.direction', 'inbound or outbound. Null when unknown.'],
      ...partiesOf('m'),
      ['extension', 'text', 'm.extension', 'The extension of the agent who wrote it. Null when none did, or unknown.'],
      ['text', 'text', 'm.text', 'The text. Null when there is none.'],
      ['attachments', 'jsonb', 'm.attachments', 'A list of { fileName, sizeBytes, contentType }; sizes are in bytes.'],
      ['sent_at', TIME, 'm.sent_at', 'When it was sent or received.'],
      ['state', 'text', 'm.state', 'pending, sent, failed, received or unconfirmed.'],
      ['read', 'boolean', 'm.read', 'Whether somebody has read it. Null when unknown.'],
      ['removed_at', TIME, 'm.removed_at', 'When it was removed. Null unless it was.'],
      ORGANIZATION
    ],
    from: `sms_logs m ${ownerAt('m', 'business_number', 'm.sent_at')}`
  },
  {
    name: 'numbers',
    comment: 'One row per business number that MightyCall lists or has listed.',
    columns: [
      accountOf('n'),
      ['number', 'text', 'n.number', 'In E.164 format. Unique within the account.'],
      ['label', 'text', 'n.label', 'The name of the number at MightyCall. Null when it has none.'],
      ['sms_enabled', 'boolean', 'n.sms_enabled', 'Whether the number supports messages. Null when unknown.'],
      ['active', 'boolean', 'n.is_active', 'Whether MightyCall lists the number as enabled.'],
      ['created_at', TIME, 'n.created_at', 'When the number was first reported.'],
      ['organization_id', 'uuid', 'o.organization', 'The organization that owns the number now. Null when none does.']
    ],
    from: `phone_numbers n ${ownerAt('n', 'number', 'now()')}`
  },
  {
    name: 'extensions',
    comment: 'One row per extension that MightyCall has reported or that a call names.',
    columns: [
      accountOf('e'),
      ['extension', 'text', 'e.extension', 'The extension. Unique within the account.'],
      ['name', 'text', 'e.display_name', 'The name of the user. Null when only calls name the extension.'],
      ['email', 'text', 'e.email', 'The e-mail address of the user. Null when unknown.'],
      ['role', 'text', 'e.role', 'The role of the user at MightyCall. Null when unknown.'],
      ['created_at', TIME, 'e.created_at', 'When an event first named the extension.']
    ],
    from: 'mightycall_extensions e'
  },
  {
    name: 'contacts',
    comment: 'One row per contact of the address book, including removed ones.',
    columns: [
      accountOf('k'),
      ['id', 'text', 'k.contact_id', 'The id of the contact at MightyCall. Unique within the account.'],
      ['name', 'text', 'k.name', 'The name. Null when it has none.'],
      [
        'phones',
        'text[]',
        'array(select jsonb_array_elements_text(k.phones))',
        'The distinct phone numbers, in E.164 format.'
      ],
      ['tags', 'text[]', 'array(select jsonb_array_elements_text(k.tags))', 'The tags.'],
      ['removed_at', TIME, 'k.removed_at', 'When it was removed. Null unless it was.'],
      ['updated_at', TIME, 'k.updated_at', 'When a change of the contact was last seen.']
    ],
    from: 'contacts k'
  },
  {
    name: 'presence',
    comment: "One row per span of an agent's presence, from one change to the next.",
    columns: [
      accountOf('p'),
      ['extension', 'text', 'p.extension', 'The extension of the agent.'],
      ['presence', 'text', 'p.presence', 'available or dnd (do not disturb).'],
      ['since', TIME, 'p.since', 'When the span began.'],
      ['until', TIME, 'p.until', 'When the span ended. Null for the current one.'],
      ['source', 'text', 'p.source', 'How it is known: webhook, rest or action.'],
      ['seen_at', TIME, 'p.seen_at', 'When the presence was last confirmed.']
    ],
    from: 'agent_presence p'
  },
  {
    name: 'organizations',
    comment: 'One row per organization.',
    columns: [
      accountOf('g'),
      ['id', 'uuid', 'g.id', 'The id of the organization.'],
      ['name', 'text', 'g.name', 'Its name.'],
      ['created_at', TIME, 'g.created_at', 'When it was created.']
    ],
    from: 'organizations g'
  },
  {
    name: 'number_ownerships',
    comment:
      'One row per span of time in which an organization owned a business number. Spans of one number never overlap.',
    columns: [
      accountOf('w'),
      ['number', 'text', 'w.number', 'The business number, in E.164 format.'],
      ['organization_id', 'uuid', 'w.organization', 'The organization: organizations.id.'],
      ['owned_from', TIME, 'w.owned_from', 'When the span began.'],
      ['owned_until', TIME, 'w.owned_until', 'When the span ended, exclusive. Null while the number is owned.']
    ],
    from: 'number_ownerships w'
  },
  {
    name: 'gaps',
    comment:
      'One row per call, voicemail or message that MightyCall reported and that was missing when it was detected.',
    columns: [
      accountOf('x'),
      ['kind', 'text', 'x.kind', 'call, voicemail or message.'],
      ['id', 'text', 'x.entity', 'Its id; of a voicemail, the id of its call.'],
      ['business_number', 'text', 'x.business_number', 'The business number, in E.164 format. Null when unknown.'],
      ['hour', TIME, 'x.hour', 'The hour in which it happened.'],
      ['missing', 'text', 'x.missing', 'What is missing: call, completion, facts, voicemail or message.'],
      ['detected_at', TIME, 'x.detected_at', 'When it was first detected.'],
      ['healed_at', TIME, 'x.healed_at', 'When it was recovered. Null while it is missing.'],
      ['healed_by', 'text', 'x.healed_by', 'What recovered it: webhook or rest. Null while it is missing.']
    ],
    from: 'gaps x'
  }
]

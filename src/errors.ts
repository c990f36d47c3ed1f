import createError from '@fastify/error'

// The one table of errors. A code is never renamed: dashboards and scripts match on it. A message is for the one who
// sent the request or started the process: it says what to do, and holds no payload, no number and no secret.

/** The code of an error of this table, or null for any other error, whose message may quote its input. */
export function errorCodeOf(err: unknown): string | null {
  const code = err instanceof Error && 'code' in err ? err.code : null
  return isErrorCode(code) ? code : null
}

export function isErrorCode(code: unknown): code is string {
  return typeof code === 'string' && code.startsWith('MCS_')
}

/** Start and configuration: each is printed as one line, and the process exits with 1. */
export const ConfigError = createError<[problems: string]>('MCS_CONFIG', '%s', 500)
export const DataDirError = createError<[problem: string]>('MCS_DATA_DIR', '%s', 500)
export const PortInUseError = createError<[address: string]>(
  'MCS_PORT_IN_USE',
  '%s is in use by another process: stop it, or set PORT',
  500
)
export const ListenError = createError<[address: string, code: string]>(
  'MCS_LISTEN',
  'cannot listen on %s (%s): set HOST or PORT',
  500
)
export const EmbeddedPostgresError = createError<[problem: string]>(
  'MCS_EMBEDDED_POSTGRES',
  'embedded Postgres: %s',
  500
)
export const DatabaseError = createError<[problem: string]>('MCS_DATABASE', 'DATABASE_URL: %s', 500)
export const KafkaError = createError<[problem: string]>('MCS_KAFKA', 'Kafka: %s', 500)
export const ServiceError = createError<[problem: string]>('MCS_SERVICE', '%s', 500)
export const SimulateError = createError<[problem: string]>('MCS_SIMULATE', '%s', 500)

/** Receive. */
export const NotStoredError = createError('MCS_NOT_STORED', 'the event could not be stored, send it again', 503)
export const OverloadedError = createError('MCS_OVERLOADED', 'too much is waiting to be stored, send it again', 503)

/** Event log. */
export const LogClosedError = createError('MCS_LOG_CLOSED', 'the event log is closed', 503)
export const LogFailedError = createError(
  'MCS_LOG_FAILED',
  'the disk refused to sync the event log: nothing is taken until a restart',
  503
)
export const RecordTooLargeError = createError(
  'MCS_RECORD_TOO_LARGE',
  'the event is larger than the event log takes',
  413
)
export const UndecodableRecordError = createError<[reason: string]>(
  'MCS_UNDECODABLE_RECORD',
  'the record is no event of ours: %s',
  422
)

/** Project. */
export const ProjectionRestartError = createError(
  'MCS_PROJECTION_RESTART',
  'reading starts again after a hole in the log',
  503
)
export const ProjectorStoppedError = createError<[why: string]>(
  'MCS_PROJECTOR_STOPPED',
  'nothing is projected: %s',
  503
)
export const RebuildRunningError = createError(
  'MCS_REBUILD_RUNNING',
  'another process is rebuilding: wait for it, or end it',
  409
)
export const NotProjectedError = createError(
  'MCS_NOT_PROJECTED',
  'what was read is in the log, and not projected yet: see /health/ready and the dead letters',
  503
)
export const StillDeadError = createError<[reason: string]>(
  'MCS_STILL_DEAD',
  'the record is still refused, and stays a dead letter: %s',
  422
)
export const LetterRedrivenError = createError(
  'MCS_LETTER_REDRIVEN',
  'the dead letter has been redriven: its event is projected',
  409
)

/** Backup and restore: each is printed as one line, and the process exits with 1. */
export const BackupFileError = createError<[problem: string]>('MCS_BACKUP_FILE', '%s', 500)
export const DamagedBackupError = createError<[problem: string]>(
  'MCS_BACKUP_DAMAGED',
  'the backup cannot be used, and nothing is restored: %s',
  500
)
export const NotEmptyError = createError<[tables: string]>(
  'MCS_DATABASE_NOT_EMPTY',
  'the database is not empty (%s): restore into a new one, with another DATABASE_URL or DATA_DIR',
  500
)

/** MightyCall's REST API. */
export const RestAuthError = createError<[problem: string]>(
  'MCS_REST_AUTH',
  'MightyCall refuses the credentials (%s): correct apiKey and userKeys of the account',
  502
)
export const QuotaError = createError<[until: string]>(
  'MCS_QUOTA',
  'the budget of requests to MightyCall is spent until %s',
  429
)
export const RestBlockedError = createError<[until: string]>(
  'MCS_REST_BLOCKED',
  'MightyCall takes no requests until %s',
  429
)
export const RestUnavailableError = createError<[problem: string]>(
  'MCS_REST_UNAVAILABLE',
  'MightyCall does not serve now (%s): try again later',
  503
)
export const RestUnexpectedError = createError<[problem: string]>(
  'MCS_REST_UNEXPECTED',
  'an answer of MightyCall is not as documented: %s',
  502
)
export const RestNotFoundError = createError('MCS_REST_NOT_FOUND', 'MightyCall has no such thing', 404)
export const RestRefusedError = createError<[problem: string]>(
  'MCS_REST_REFUSED',
  'MightyCall refuses the request: %s',
  502
)

/** Backfill. */
export const BackfillRunningError = createError(
  'MCS_BACKFILL_RUNNING',
  'another interval of this account is being read: wait for it, or stop it',
  409
)
export const NotReconcilingError = createError(
  'MCS_NOT_RECONCILING',
  'this process does not read MightyCall: ask one with the role reconcile',
  503
)

/** Query. */
export const UnauthorizedError = createError('MCS_UNAUTHORIZED', 'send "Authorization: Bearer <API key>"', 401)
export const ForbiddenError = createError<[role: string]>(
  'MCS_FORBIDDEN',
  'the key may not do this: it takes a key with the role %s',
  403
)
export const CrossOriginError = createError(
  'MCS_CROSS_ORIGIN',
  'who has signed in changes something only from a page of this service: its Origin must be ours; or send a key instead',
  403
)
export const TooManyAttemptsError = createError<[seconds: number]>(
  'MCS_TOO_MANY_ATTEMPTS',
  'too many wrong keys from this address: try again in %d s',
  429
)
export const RateLimitedError = createError<[seconds: number]>(
  'MCS_RATE_LIMITED',
  'the key asks too often: try again in %d s',
  429
)
export const BusyError = createError(
  'MCS_BUSY',
  'there is too much to do here for an answer now: try again in some seconds',
  503
)
export const NumberOwnedError = createError(
  'MCS_NUMBER_OWNED',
  'the number belongs to an organization in that time: end that first',
  409
)
export const NotReadyError = createError(
  'MCS_NOT_READY',
  'the database cannot be reached: try again later, and see /health/ready',
  503
)
export const NotFoundError = createError<[what: string]>('MCS_NOT_FOUND', 'there is no such %s', 404)
export const AmbiguousIdError = createError(
  'MCS_AMBIGUOUS_ID',
  'this id exists in more than one account: add ?account=',
  409
)
export const InternalError = createError('MCS_INTERNAL', 'something went wrong on our side', 500)
export const InvalidParameterError = createError<[problem: string]>('MCS_INVALID_PARAMETER', '%s', 400)

/** Live. */
export const SlowClientError = createError(
  'MCS_SLOW_CLIENT',
  'the client did not take what was sent, and is dropped: connect again',
  503
)
export const LiveFullError = createError('MCS_LIVE_FULL', 'too many live clients: try again later', 503)
export const LiveLimitError = createError('MCS_LIVE_LIMIT', 'the key has too many live clients: close some', 429)
export const LiveClosedError = createError('MCS_LIVE_CLOSED', 'the service is stopping: connect again', 503)

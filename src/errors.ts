import createError from '@fastify/error'

// The one table of errors. A code is never renamed: dashboards and scripts match on it. A message is for the person
// who sent the request or started the process: it says what to do, and contains no payload, number or secret.

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
export const OpenFilesError = createError<[limit: number, least: number]>(
  'MCS_OPEN_FILES',
  'this process may open only %d files at the same time: raise the limit to %d or more, with "ulimit -n", ' +
    'LimitNOFILE= of systemd, or --ulimit nofile= of Docker',
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
export const NotStoredError = createError('MCS_NOT_STORED', 'the event could not be stored: send it again', 503)
export const OverloadedError = createError(
  'MCS_OVERLOADED',
  'too many events are waiting to be stored: send it again',
  503
)
export const UnsupportedEncodingError = createError<[advice: string]>(
  'MCS_UNSUPPORTED_ENCODING',
  'this Content-Encoding is not supported: %s',
  415
)

/** Event log. */
export const LogClosedError = createError('MCS_LOG_CLOSED', 'the event log is closed', 503)
export const LogFailedError = createError(
  'MCS_LOG_FAILED',
  'the event log could not be synced to disk: it accepts no events until a restart',
  503
)
export const RecordTooLargeError = createError(
  'MCS_RECORD_TOO_LARGE',
  'the event is larger than the event log accepts',
  413
)
export const UndecodableRecordError = createError<[reason: string]>(
  'MCS_UNDECODABLE_RECORD',
  'the record cannot be decoded: %s',
  422
)

/** Project. */
export const ProjectionRestartError = createError(
  'MCS_PROJECTION_RESTART',
  'the projector continues after a gap in the log',
  503
)
export const ProjectorStoppedError = createError<[why: string]>(
  'MCS_PROJECTOR_STOPPED',
  'the projector has stopped: %s',
  503
)
export const RebuildRunningError = createError(
  'MCS_REBUILD_RUNNING',
  'another process is rebuilding: wait for it, or stop it',
  409
)
export const NotProjectedError = createError(
  'MCS_NOT_PROJECTED',
  'the data that was read is not projected yet: see /health/ready and the dead letters',
  503
)
export const StillDeadError = createError<[reason: string]>(
  'MCS_STILL_DEAD',
  'the record is still rejected, and remains a dead letter: %s',
  422
)
export const LetterRedrivenError = createError(
  'MCS_LETTER_REDRIVEN',
  'the dead letter was already redriven, and its event is projected',
  409
)

/** Backup and restore: each is printed as one line, and the process exits with 1. */
export const BackupFileError = createError<[problem: string]>('MCS_BACKUP_FILE', '%s', 500)
export const DamagedBackupError = createError<[problem: string]>(
  'MCS_BACKUP_DAMAGED',
  'the backup cannot be used, and nothing was restored: %s',
  500
)
export const NotEmptyError = createError<[tables: string]>(
  'MCS_DATABASE_NOT_EMPTY',
  'the database is not empty (%s): restore into an empty one, with another DATABASE_URL or DATA_DIR',
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
  'the budget of requests to MightyCall is used up until %s',
  429
)
export const RestBlockedError = createError<[until: string]>(
  'MCS_REST_BLOCKED',
  'MightyCall accepts no requests until %s',
  429
)
export const RestUnavailableError = createError<[problem: string]>(
  'MCS_REST_UNAVAILABLE',
  'MightyCall is unavailable (%s): try again later',
  503
)
export const RestUnexpectedError = createError<[problem: string]>(
  'MCS_REST_UNEXPECTED',
  'a response of MightyCall is not as documented: %s',
  502
)
export const RestNotFoundError = createError('MCS_REST_NOT_FOUND', 'MightyCall has no such object', 404)
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
  'this process does not read MightyCall: send the request to one with the role reconcile',
  503
)

/** Query. */
export const UnauthorizedError = createError('MCS_UNAUTHORIZED', 'send "Authorization: Bearer <API key>"', 401)
export const ForbiddenError = createError<[role: string]>(
  'MCS_FORBIDDEN',
  'the key is not allowed to do this: use a key with the role %s',
  403
)
export const CrossOriginError = createError(
  'MCS_CROSS_ORIGIN',
  'the Origin header of the browser matches neither the Host header nor PUBLIC_URL: set PUBLIC_URL to the address in ' +
    'the browser, let the proxy pass the Host header on, or use a key instead of a session',
  403
)
export const TooManyAttemptsError = createError<[seconds: number]>(
  'MCS_TOO_MANY_ATTEMPTS',
  'too many wrong keys from this address: try again in %d s',
  429
)
export const RateLimitedError = createError<[seconds: number]>(
  'MCS_RATE_LIMITED',
  'too many requests with this key: try again in %d s',
  429
)
export const BusyError = createError('MCS_BUSY', 'the service is overloaded: try again in a few seconds', 503)
export const NumberOwnedError = createError(
  'MCS_NUMBER_OWNED',
  'the number belongs to an organization during that time: end that ownership first',
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
export const MethodNotAllowedError = createError(
  'MCS_METHOD_NOT_ALLOWED',
  'this path does not accept the method: see the Allow header',
  405
)
export const NotMigratedError = createError(
  'MCS_NOT_MIGRATED',
  'the schema of the database is not up to date: try again later, and see /health/ready',
  503
)
export const StoppingError = createError('MCS_STOPPING', 'the service is stopping: send the request again', 503)
export const InternalError = createError('MCS_INTERNAL', 'an internal error occurred', 500)
export const InvalidParameterError = createError<[problem: string]>('MCS_INVALID_PARAMETER', '%s', 400)

/** HTTP: the request is refused before a route is reached. */
export const BadRequestError = createError('MCS_BAD_REQUEST', 'the request is not valid HTTP', 400)
export const RequestTimeoutError = createError('MCS_REQUEST_TIMEOUT', 'the request did not arrive in time', 408)
export const ExpectationError = createError(
  'MCS_EXPECTATION_FAILED',
  'only the expectation 100-continue is supported',
  417
)
export const HeadersTooLargeError = createError(
  'MCS_HEADERS_TOO_LARGE',
  'the headers of the request are too large: they may have 16 KiB',
  431
)

/** Live. */
export const SlowClientError = createError(
  'MCS_SLOW_CLIENT',
  'the client did not read fast enough and was disconnected: connect again',
  503
)
export const LiveFullError = createError('MCS_LIVE_FULL', 'too many live clients: try again later', 503)
export const LiveLimitError = createError('MCS_LIVE_LIMIT', 'the key has too many live clients: close some', 429)
export const LiveClosedError = createError('MCS_LIVE_CLOSED', 'the service is stopping: connect again', 503)

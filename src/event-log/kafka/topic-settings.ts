const RETENTION_MS = 30 * 24 * 60 * 60 * 1000
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024
/** What kafkajs reads without an extra codec: of anything else a consumer dies at the first record. */
const READABLE = ['producer', 'uncompressed', 'gzip']

/** The settings of a topic that we make. */
export function settingsOf (replication: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(RETENTION_MS),
    // By the provider's clock an old-dated event would be purged at once, and a skewed one refused.
    'message.timestamp.type': 'LogAppendTime',
    'max.message.bytes': String(MAX_MESSAGE_BYTES),
    // Of three replicas two must have a record before it counts as stored. A lone broker has nobody to tell,
    // and its acknowledgement survives a power cut only when each record is flushed.
    ...replication >= 3 ? { 'min.insync.replicas': '2' } : { 'flush.messages': '1' }
  }
}

/**
 * The names of the settings that promise less than ours do.
 * @param replication  of the topic's weakest partition
 * @param possible     the replication that this cluster could give
 */
export function weakSettings (settings: Record<string, string>, replication: number, possible: number): string[] {
  const number = (name: string) => Number(settings[name])
  const checks: Record<string, boolean> = {
    'replication.factor': replication >= possible,
    'min.insync.replicas': replication < 3 || number('min.insync.replicas') >= 2,
    'flush.messages': replication >= 3 || number('flush.messages') === 1,
    'retention.ms': isAtLeast(number('retention.ms'), RETENTION_MS),
    'retention.bytes': isAtLeast(number('retention.bytes'), Infinity),
    // Compaction keeps the last record of a key, and a key is an entity with many events.
    'cleanup.policy': settings['cleanup.policy'] === 'delete',
    'message.timestamp.type': settings['message.timestamp.type'] === 'LogAppendTime',
    'max.message.bytes': number('max.message.bytes') >= MAX_MESSAGE_BYTES,
    'compression.type': READABLE.includes(settings['compression.type'] ?? 'producer'),
    'unclean.leader.election.enable': settings['unclean.leader.election.enable'] !== 'true'
  }
  return Object.keys(checks).filter(name => !checks[name])
}

/** -1 is no limit. */
function isAtLeast (value: number, least: number): boolean {
  return value === -1 || value >= least
}

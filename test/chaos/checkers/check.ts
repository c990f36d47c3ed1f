import type { Evidence } from '../evidence.js'
import { doubledIds, lostIds, strangeIds } from './losses.js'
import { liesOfReadiness, wrongRefusals } from './refusals.js'
import { stuckPartitions } from './stuck.js'
import { disorderedRecords, missingRecords } from './topic-order.js'
import { wrongAlarms, wrongRows } from './trouble.js'

export interface Verdict {
  lost: number
  doubled: number
  stuck: number
  /** Everything that is wrong, a line each; none: all is well. */
  problems: string[]
}

/** All that must hold when a run is over. */
export function check(evidence: Evidence): Verdict {
  const { posts, probes, storedIds, records, checkpoints, output, deaths, unsettled } = evidence
  const all = [...posts, ...probes]
  const [lost, doubled, stuck] = [lostIds(all, storedIds), doubledIds(storedIds), stuckPartitions(records, checkpoints)]
  return {
    lost: lost.length,
    doubled: doubled.length,
    stuck: stuck.length,
    problems: [
      ...lost.map(id => `lost: ${id} was acknowledged`),
      ...doubled.map(id => `doubled: ${id}`),
      ...strangeIds(all, storedIds).map(id => `nobody has posted ${id}`),
      ...stuck.map(place => `stuck: ${place}`),
      ...missingRecords(all, records).map(id => `not on its topic: ${id} was acknowledged`),
      ...disorderedRecords(all, records),
      ...wrongRefusals(posts),
      ...liesOfReadiness(probes),
      ...wrongRows(evidence),
      ...wrongAlarms(output),
      ...deaths,
      ...(unsettled === null ? [] : [unsettled])
    ]
  }
}

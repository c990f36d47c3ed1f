import type { Evidence } from '../evidence.js'
import { wrongAlarms, wrongRows } from './alarms-and-rows.js'
import { duplicateIds, lostIds, unexpectedIds } from './losses.js'
import { rejectedProbes, unexpectedRejections } from './rejections.js'
import { stuckPartitions } from './stuck.js'
import { disorderedRecords, missingRecords } from './topic-order.js'

export interface Verdict {
  lost: number
  duplicated: number
  stuck: number
  /** One line for each problem; empty when the run was successful. */
  problems: string[]
}

/** Checks everything that must hold after a run. */
export function check(evidence: Evidence): Verdict {
  const { posts, probes, storedIds, records, checkpoints, output, unexpectedExits, unsettled } = evidence
  const all = [...posts, ...probes]
  const [lost, duplicated, stuck] = [
    lostIds(all, storedIds),
    duplicateIds(storedIds),
    stuckPartitions(records, checkpoints)
  ]
  return {
    lost: lost.length,
    duplicated: duplicated.length,
    stuck: stuck.length,
    problems: [
      ...lost.map(id => `lost: ${id} was acknowledged`),
      ...duplicated.map(id => `duplicated: ${id}`),
      ...unexpectedIds(all, storedIds).map(id => `${id} was not posted`),
      ...stuck.map(partition => `stuck: ${partition}`),
      ...missingRecords(all, records).map(id => `not on its topic: ${id} was acknowledged`),
      ...disorderedRecords(all, records),
      ...unexpectedRejections(posts),
      ...rejectedProbes(probes),
      ...wrongRows(evidence),
      ...wrongAlarms(output),
      ...unexpectedExits,
      ...(unsettled === null ? [] : [unsettled])
    ]
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { groupBy } from '../support/group-by.js'
import type { Kafka } from '../support/kafka.js'
import type { Installation } from './installation.js'
import type { Fault, FaultKind, Target } from './plan.js'
import { killPostmaster } from './postgres.js'
import type { Supervised } from './supervised.js'

/** Starts and ends a fault. */
interface Action {
  start: () => Promise<void> | void
  end: () => Promise<void> | void
}

type Actions = Partial<Record<FaultKind, Action>>

/**
 * Starts each fault at its time, counted from now, or later if the previous fault of its target has not ended yet.
 * Resolves when all faults have ended.
 */
export async function applyFaults(faults: readonly Fault[], installation: Installation): Promise<void> {
  const startedAt = performance.now()
  await Promise.all(
    [...groupBy(faults, ({ target }) => target).values()].map(async ofTarget => {
      for (const { atMs, forMs, target, kind, node } of ofTarget) {
        const action = actionsOf(installation, node)[target]?.[kind]
        if (!action) continue
        await sleep(startedAt + atMs - performance.now())
        await action.start()
        await sleep(forMs)
        await action.end()
      }
    })
  )
}

function actionsOf(
  { receiver, projector, kafka, kafkaProxy, postgres, postgresProxy, dataDir, disk }: Installation,
  node?: number
): Partial<Record<Target, Actions>> {
  return {
    receiver: processActions(receiver),
    projector: processActions(projector),
    postmaster: { kill: { start: () => void killPostmaster(dataDir), end: () => {} } },
    ...(postgres &&
      postgresProxy && {
        postgres: {
          kill: { start: postgres.kill, end: postgres.start },
          restart: { start: postgres.stop, end: postgres.start },
          freeze: { start: postgres.freeze, end: postgres.thaw },
          ...proxyActions(postgresProxy)
        }
      }),
    ...(kafka && { broker: { ...brokerActions(kafka, node), ...(kafkaProxy && proxyActions(kafkaProxy)) } }),
    ...(disk && { disk: { fill: { start: disk.fill, end: disk.free } } })
  }
}

function processActions(process: Supervised): Actions {
  return {
    kill: { start: process.kill, end: process.start },
    restart: { start: process.terminate, end: process.start },
    freeze: { start: process.freeze, end: process.thaw }
  }
}

function brokerActions({ kill, restart, stopNode, freeze, thaw }: Kafka, node?: number): Actions {
  return {
    kill: { start: () => kill(node), end: () => restart(node) },
    restart: { start: () => stopNode(node), end: () => restart(node) },
    freeze: { start: () => freeze(node), end: () => thaw(node) }
  }
}

function proxyActions({
  cut,
  restore,
  stall,
  resume
}: Record<'cut' | 'restore' | 'stall' | 'resume', () => void>): Actions {
  return { cut: { start: cut, end: restore }, stall: { start: stall, end: resume } }
}

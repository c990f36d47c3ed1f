import { setTimeout as sleep } from 'node:timers/promises'
import { groupBy } from '../support/group-by.js'
import type { Kafka } from '../support/kafka.js'
import type { Installation } from './installation.js'
import type { Fault, FaultKind, Target } from './plan.js'
import type { Stage } from './stage.js'
import type { Supervised } from './supervised.js'

/** What begins a fault, and what undoes it. */
interface Action {
  begin: () => Promise<void> | void
  end: () => Promise<void> | void
}

type Actions = Partial<Record<FaultKind, Action>>

/**
 * Lets each fault begin at its instant, counted from now, or once its target is whole again after the one before.
 * Resolves when all of them are undone.
 */
export async function applyFaults(faults: readonly Fault[], stage: Stage, installation: Installation): Promise<void> {
  const begun = performance.now()
  await Promise.all(
    [...groupBy(faults, ({ target }) => target).values()].map(async own => {
      for (const { atMs, forMs, target, kind, node } of own) {
        const action = actionsOf(stage, installation, node)[target]?.[kind]
        if (!action) continue
        await sleep(begun + atMs - performance.now())
        await action.begin()
        await sleep(forMs)
        await action.end()
      }
    })
  )
}

function actionsOf(
  stage: Stage,
  { receiver, projector, kafka, kafkaProxy, postgresProxy, disk }: Installation,
  node?: number
): Partial<Record<Target, Actions>> {
  const { postgres } = stage
  return {
    receiver: processActions(receiver),
    projector: processActions(projector),
    ...(postgresProxy && {
      postgres: {
        kill: { begin: postgres.kill, end: postgres.start },
        restart: { begin: postgres.stop, end: postgres.start },
        freeze: { begin: postgres.freeze, end: postgres.thaw },
        ...proxyActions(postgresProxy)
      }
    }),
    ...(kafka && { broker: { ...brokerActions(kafka, node), ...(kafkaProxy && proxyActions(kafkaProxy)) } }),
    ...(disk && { disk: { fill: { begin: disk.fill, end: disk.free } } })
  }
}

function processActions(process: Supervised): Actions {
  return {
    kill: { begin: process.kill, end: process.start },
    restart: { begin: process.terminate, end: process.start },
    freeze: { begin: process.freeze, end: process.thaw }
  }
}

function brokerActions({ kill, restart, stopNode, freeze, thaw }: Kafka, node?: number): Actions {
  return {
    kill: { begin: () => kill(node), end: () => restart(node) },
    restart: { begin: () => stopNode(node), end: () => restart(node) },
    freeze: { begin: () => freeze(node), end: () => thaw(node) }
  }
}

function proxyActions({
  cut,
  restore,
  stall,
  resume
}: Record<'cut' | 'restore' | 'stall' | 'resume', () => void>): Actions {
  return { cut: { begin: cut, end: restore }, stall: { begin: stall, end: resume } }
}

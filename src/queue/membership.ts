/** A worker's membership in the queue: it takes a name, keeps it by heartbeats, and leaves. */
import type { Promised } from './cycle';
import type { Queue } from './queue';
import { asArray, asNumber, asString, asTruth, parseObject } from './reply';
import { runScript, scripts } from './script';
import type { WorkerDetails } from './workerDetails';

/** Who holds a worker's name: one start of a worker, and the process that it is. */
export interface Holder {
  instance: string;
  /** Machine and process namespace: where `pid` means something. */
  machine: string;
  boot: string;
  pid: number;
  /** In clock ticks since boot, as the kernel says it: tells a process from a later one. */
  pidStart: string;
}

export function printHolder(holder: Holder): string {
  return [holder.instance, holder.machine, holder.boot, holder.pid, holder.pidStart].join(' ');
}

export function parseHolder(text: string): Holder | undefined {
  const [instance, machine, boot, pid, pidStart] = text.split(' ');
  if (!instance || !machine || !boot || !pidStart || !/^\d+$/.test(pid ?? '')) return undefined;
  return { instance, machine, boot, pid: Number(pid), pidStart };
}

/** Who holds a name now, if anyone. */
export async function holderOf(queue: Queue, worker: string): Promise<string | undefined> {
  return (await queue.redis.hget(queue.keys.registry, worker)) ?? undefined;
}

export type Registration =
  | { registered: true; epoch: string; recovered: number; nowMs: number }
  | { registered: false; held: string };

/**
 * Takes a name that is free, or held by an instance that the caller has proved gone (`gone` is then
 * exactly what the registry holds). The tasks of that instance are recovered at once.
 */
export async function register(
  queue: Queue,
  worker: string,
  holder: Holder,
  gone?: string,
): Promise<Registration> {
  const answer = asArray(
    await runScript(queue, scripts.register, [worker, printHolder(holder), gone ?? '']),
  );
  return answer[0] === 'ok'
    ? {
        registered: true,
        epoch: asString(answer[1]),
        recovered: asNumber(answer[2]),
        nowMs: asNumber(answer[3]),
      }
    : { registered: false, held: asString(answer[1]) };
}

/** A task that a worker holds, as a heartbeat names it. */
export interface HeldTask {
  line: string;
  /** Number of the call that claimed it. */
  seq: number;
  runs: boolean;
  /** Epoch with which the claim was answered. */
  epoch: string;
}

export interface Renewal {
  worker: string;
  holder: Holder;
  seq: number;
  /** `used_cores:total_cores:used_gb:total_gb`, the part of `worker_status` after its time. */
  load: string;
  details: WorkerDetails;
  promised: Promised;
  held: readonly HeldTask[];
}

/** What every heartbeat is told. */
export interface RenewSigns {
  /** Redis time. */
  nowMs: number;
  /** This worker, and no other now, looks after queue and peers (`sweep`, `recover`). */
  onDuty: boolean;
  /** On duty, and no other worker is known, ours or an original's. */
  isAlone: boolean;
  /** For `toldPromise` of the next `cycle`. */
  promise: string;
  /** Left in todo. */
  todo: number;
  closed: boolean;
  paused: boolean;
  /** As in `CycleSigns`. */
  untilLimit: number | undefined;
  /** Somebody asked this worker to finish what it runs and end. */
  draining: boolean;
  /** Another worker asked for more than it got. */
  othersIdle: boolean;
}

export type RenewAnswer =
  | (RenewSigns & {
      kind: 'ok';
      /** Lines that are no longer this worker's. */
      toEnd: string[];
      /** What others ask of it, to be read by `parseRequest`. */
      requests: string[];
    })
  /** A later call was answered before: this one changed nothing. */
  | { kind: 'stale' }
  /** Another instance has the name: take a new one. */
  | { kind: 'taken' };

/** The heartbeat: status, details, and ownership compared both ways. */
export async function renew(queue: Queue, renewal: Renewal): Promise<RenewAnswer> {
  const { worker, holder, seq, load, details, promised, held } = renewal;
  const answer = asArray(
    await runScript(queue, scripts.renew, [
      worker,
      holder.instance,
      seq,
      printHolder(holder),
      load,
      JSON.stringify(details),
      holder.machine,
      promised.memoryGb,
      promised.cores,
      ...held.flatMap(task => [task.line, task.seq, task.runs ? 1 : 0, task.epoch]),
    ]),
  );
  if (answer[0] === 'stale') return { kind: 'stale' };
  if (answer[0] === 'taken') return { kind: 'taken' };
  return {
    kind: 'ok',
    ...readSigns(asString(answer[1])),
    toEnd: asArray(answer[2]).map(asString),
    requests: asArray(answer[3]).map(asString),
  };
}

function readSigns(json: string): RenewSigns {
  const signs = parseObject(json);
  return {
    nowMs: asNumber(signs.now_ms),
    onDuty: asTruth(signs.on_duty),
    isAlone: asTruth(signs.alone),
    promise: asString(signs.promise),
    todo: asNumber(signs.todo),
    closed: asTruth(signs.closed),
    paused: asTruth(signs.paused),
    untilLimit: signs.until_limit === undefined ? undefined : asNumber(signs.until_limit),
    draining: asTruth(signs.draining),
    othersIdle: asTruth(signs.others_idle),
  };
}

/** Leaves in good order: what the instance still holds goes back, its name is free. */
export async function leave(queue: Queue, worker: string, instance: string): Promise<number> {
  return asNumber(await runScript(queue, scripts.leave, [worker, instance]));
}

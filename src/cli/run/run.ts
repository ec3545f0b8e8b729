/** One run of a task file: submit, watch, take down; Ctrl-C at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedRedisFailed } from '../../cluster/embedded';
import { counts } from '../../queue/counts';
import { details } from '../../queue/details';
import { type LimitChanges, setLimits } from '../../queue/limits';
import { resume } from '../../queue/pause';
import type { Queue } from '../../queue/queue';
import { besideOriginal, plural } from '../../tasks/words';
import type { Settings } from '../settings';
import { type Submission, submitInput } from '../submitInput';
import type { TaskInput } from '../taskInput';
import { emptyHanded } from '../warnings';
import { Crew, CrewLost, type WorkerEnded } from './crew';
import { FileTasks } from './fileTasks';
import type { Interruption } from './interruption';
import { Outcomes } from './outcomes';
import { progressView } from './progress';
import type { RunFolder } from './runFolder';
import { openSession, revive, type Session } from './session';
import { type RunResult, type TaskOfRun, tasksLeft } from './summary';
import { Watch } from './watch';

export interface RunPlan {
  settings: Settings;
  input: TaskInput;
  folder: RunFolder;
  workers: number;
  /** Of a queue that is this run's alone. */
  limits: LimitChanges;
  /** Whether every task is wanted in the answer. */
  listTasks: boolean;
}

export interface RunAnswer {
  result: RunResult;
  /** Undefined when not wanted, or more than anyone would read. */
  tasks: TaskOfRun[] | undefined;
}

const MOST_LISTED = 10_000;
const LISTED_AT_ONCE = 500;
const PATIENCE_MS = 2_000;

export class Run {
  private readonly view = progressView();
  private readonly tasks = new FileTasks();
  private readonly outcomes = new Outcomes();
  /** So many tasks have failed that nothing new starts. */
  private stopped = false;

  constructor(
    private readonly plan: RunPlan,
    private readonly interruption: Interruption,
  ) {}

  /** `startedMs`: by the steady clock, when the person began to wait. */
  async go(startedMs: number): Promise<RunAnswer> {
    const { settings, folder, workers } = this.plan;
    const say = (text: string) => this.view.say(text);
    const crew = new Crew(workers, say, last => void this.afterLoss(session, watch, last));
    const session = await openSession({ settings, folder, workers, onWorker: crew.note });
    const watch = this.watch(session, crew);
    try {
      if (session.embedded) await this.setLimits(session.queue);
      this.handleInterruption(session, crew, watch);
      const submission = await this.submit(session);
      await watch.run();
      this.view.end();
      crew.dismissed = true;
      await this.dismissWorkers(session);
      const result = this.result(submission, performance.now() - startedMs);
      return { result, tasks: await this.list(session.queue) };
    } finally {
      this.view.end();
      crew.dismissed = true;
      await session.workers.stop();
      await session.close();
    }
  }

  /** What an earlier run of the file was given counts no more. */
  private async setLimits(queue: Queue): Promise<void> {
    await setLimits(queue, { maxRunning: null, stopAfterFailures: null, ...this.plan.limits });
    if ((await counts(queue)).pausedAfterFailures !== null) await resume(queue);
  }

  private watch({ queue, embedded, workers }: Session, crew: Crew): Watch {
    const { tasks, outcomes, view } = this;
    const stopsItself = typeof this.plan.limits.stopAfterFailures === 'number';
    const onStopped = (failures: number) => {
      this.stopped = true;
      crew.dismissed = true;
      view.say(
        `${plural(failures, 'task')} failed, the limit of this run: running tasks finish, nothing new starts.`,
      );
      void workers.drain().then(() => watch.end());
    };
    const onAway = async () => {
      if (!embedded || (await revive(embedded))) return;
      throw new EmbeddedRedisFailed(
        'The embedded Redis came back on another port. Run the file again to go on.',
      );
    };
    const watch = new Watch({
      queue,
      tasks,
      outcomes,
      view,
      onAway,
      ...(stopsItself ? { onStopped } : {}),
    });
    return watch;
  }

  private handleInterruption({ workers }: Session, crew: Crew, watch: Watch): void {
    this.interruption.handle({
      drain: () => {
        crew.dismissed = true;
        this.view.say(
          'Ending: running tasks finish, nothing new starts. Ctrl-C again ends them at once.',
        );
        void workers.drain().then(() => watch.end());
      },
      stop: () => {
        this.view.say('Ending at once: running tasks go back to the queue.');
        void workers.stop().then(() => watch.end());
      },
    });
  }

  private async submit({ queue, description }: Session): Promise<Submission> {
    const { input, workers } = this.plan;
    const { tasks, interruption } = this;
    const submission = await submitInput(
      queue,
      input,
      (task, lineNumber, verdict) => tasks.note(task, lineNumber, verdict),
      interruption.signal,
    );
    for (const line of [...tasks.description(input.name), description]) this.view.say(line);
    const { workers: live, ...now } = await counts(queue);
    for (const warning of emptyHanded({ ...now, queue: queue.name, live: live + workers })) {
      this.view.say(warning);
    }
    const differs = besideOriginal(submission.counts);
    if (differs) this.view.say(differs);
    return submission;
  }

  /** Others may have workers on a Redis that is configured; on an embedded one nobody has. */
  private async afterLoss(session: Session, watch: Watch, last: WorkerEnded): Promise<void> {
    try {
      const others = session.embedded ? 0 : (await counts(session.queue)).workers;
      if (others === 0) watch.end(new CrewLost(last));
    } catch (error) {
      watch.end(error as Error);
    }
  }

  /** On a queue that is shared they may be at work for others; on an embedded one they have no more to do. */
  private async dismissWorkers({ workers, embedded }: Session): Promise<void> {
    const drained = workers.drain();
    const quick = await Promise.race([
      drained.then(() => true),
      sleep(PATIENCE_MS, false, { ref: false }),
    ]);
    const stop = () => void workers.stop();
    if (!quick && embedded) stop();
    if (!quick && !embedded) {
      this.view.say('Waiting for other tasks that run here. Ctrl-C gives them back to the queue.');
      this.interruption.handle({ drain: stop, stop });
    }
    await drained;
  }

  private result({ report }: Submission, ms: number): RunResult {
    const { submitted, already } = this.tasks;
    const result = {
      submitted,
      already,
      outcomes: this.outcomes,
      ms,
      interrupted: false,
      notUnderstood: report.count,
      problems: report.kept,
    };
    const ended = this.interruption.signal.aborted || this.stopped;
    return { ...result, interrupted: ended && tasksLeft(result) > 0 };
  }

  private async list(queue: Queue): Promise<TaskOfRun[] | undefined> {
    if (!this.plan.listTasks || this.tasks.submitted > MOST_LISTED) return undefined;
    const entries = [...this.tasks.entries()];
    const listed: TaskOfRun[] = [];
    for (let start = 0; start < entries.length; start += LISTED_AT_ONCE) {
      const some = entries.slice(start, start + LISTED_AT_ONCE);
      listed.push(...(await Promise.all(some.map(entry => taskOfRun(queue, ...entry)))));
    }
    return listed;
  }
}

async function taskOfRun(queue: Queue, line: string, lineNumber: number): Promise<TaskOfRun> {
  const { id, state, result, reason } = await details(queue, line);
  return {
    id,
    task: line,
    line: lineNumber,
    state,
    ...(state === 'finished' && result !== undefined ? { result } : {}),
    ...(state === 'failed' && reason !== undefined ? { reason } : {}),
  };
}

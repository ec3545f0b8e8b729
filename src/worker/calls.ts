import { ReplyError } from 'ioredis';

/**
 * The changing calls of one instance (`cycle` and `renew`): numbered in one row, one under way at a
 * time, and sent again with the same number and content until Redis answers. Whoever calls must wait
 * for one call before the next.
 */
export class Calls {
  #seq = 0;

  constructor(
    /** Resolves when a retry makes sense. */
    private readonly pause: (attempt: number) => Promise<void>,
    private readonly log: (line: string) => void,
    /** True: nobody waits for the answer any more. */
    private readonly given: () => boolean,
  ) {}

  /** @returns undefined when the caller has given up on Redis (`given`). */
  async send<T>(call: (seq: number) => Promise<T>): Promise<T | undefined> {
    const seq = ++this.#seq;
    let said = '';
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await call(seq);
        if (said !== '') this.log('Redis answers again.');
        return answer;
      } catch (error) {
        // A script that refuses has changed nothing, and a lost call may have: both are sent again.
        if (error instanceof TypeError || error instanceof RangeError) throw error;
        const problem = describe(error);
        if (problem !== said) this.log(problem);
        said = problem;
        if (this.given()) return undefined;
        await this.pause(attempt);
      }
    }
  }
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (!(error instanceof ReplyError)) return `Redis does not answer (${text}). Trying again.`;
  if (text.startsWith('OOM')) {
    return 'Redis is full (maxmemory). Tasks go on; give it more memory or remove finished tasks.';
  }
  return `Redis refuses: ${text}. Trying again.`;
}

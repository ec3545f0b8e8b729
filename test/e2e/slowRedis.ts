/** A Redis that a person can keep up with: what it does by itself right after a change comes in time on any machine. */
import type { Redis } from 'ioredis';
import type { TestRedis } from '../setup/redis';

/** Redis runs the command right after the next change of the default queue: who looks first may ask when all is over. */
export async function afterNextChange(
  client: Redis,
  command: string,
  ...rest: string[]
): Promise<void> {
  const [[last] = ['0-0']] = await client.xrevrange('distcomp:events', '+', '-', 'COUNT', 1);
  const change = client.xread('BLOCK', 0, 'STREAMS', 'distcomp:events', last);
  await Promise.all([change, client.call(command, ...rest)]);
}

/**
 * From now on Redis lets one change through every four seconds, until the answer is called: a person is in
 * time to press a button, and no connection waits so long that it is taken for lost.
 */
export async function slowDown(server: TestRedis): Promise<() => Promise<void>> {
  const client = server.client();
  await client.ping();
  const hold = async () => {
    for (;;) await afterNextChange(client, 'CLIENT', 'PAUSE', '4000', 'WRITE');
  };
  const ended = hold().catch(() => undefined);
  return async () => {
    client.disconnect();
    await ended;
    await server.client().call('CLIENT', 'UNPAUSE');
  };
}

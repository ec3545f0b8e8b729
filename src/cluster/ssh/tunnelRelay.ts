/** A socket here that leads to Redis for as long as it is open, and not longer than this process lives. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { RedisPlace } from './redisPlace';

export interface Relay {
  socket: string;
  /** All that came through it is disconnected. */
  close(): Promise<void>;
}

/** `socket`: its path, in a folder to which nobody else comes. */
export async function openRelay(socket: string, place: RedisPlace): Promise<Relay> {
  const open = new Set<Socket>();
  const server = createServer(client => {
    const redis = 'socket' in place ? connect(place.socket) : connect(place.port, place.host);
    redis.setNoDelay();
    for (const end of [client, redis]) {
      open.add(end);
      end.once('close', () => open.delete(end));
    }
    // When one of them ends or fails, both do; who is connected notices that by itself.
    pipeline(client, redis, client).catch(() => undefined);
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const end of open) end.destroy();
      await closed;
    },
  };
}

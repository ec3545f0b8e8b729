import { createServer } from 'node:net';

/**
 * A port of 127.0.0.1 on which nothing listens. Under those that outgoing connections and `listen(0)` are
 * given (32768 and up) and those of the test servers (10000 and up): nobody comes upon it by chance.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 5_000 + Math.floor(Math.random() * 5_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const listener = createServer();
  return new Promise(resolve => {
    listener.once('error', () => resolve(false));
    listener.listen(port, '127.0.0.1', () => listener.close(() => resolve(true)));
  });
}

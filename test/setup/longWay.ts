/** A long way to a server: what comes back from it takes as long as a test says. */
import { connect, createServer, type Socket } from 'node:net';

export interface LongWay {
  /** Where the server is reached by it. */
  readonly port: number;
  /** How long each answer is under way from now on, in milliseconds. At first 0. */
  delayMs: number;
  /** Ends it, and the connections that go by it. */
  close(): Promise<void>;
}

/** Leads to a port of this machine. */
export async function longWay(to: number): Promise<LongWay> {
  const open = new Set<Socket>();
  const way = { port: 0, delayMs: 0, close };
  const server = createServer(near => {
    const far = connect(to, '127.0.0.1');
    // What is written goes out at once: the way takes as long as it is told, and no longer.
    for (const socket of [near, far]) socket.setNoDelay(true);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far);
    let before = Promise.resolve();
    far.on('data', answer => {
      const arrived = new Promise(resolve => setTimeout(resolve, way.delayMs));
      // One after the other, however long each takes.
      before = before.then(async () => {
        await arrived;
        near.write(answer);
      });
    });
  });
  async function close(): Promise<void> {
    for (const socket of open) socket.destroy();
    await new Promise(resolve => server.close(resolve));
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  way.port = typeof address === 'object' && address ? address.port : 0;
  return way;
}

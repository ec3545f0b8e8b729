/** A long way to a server, on which a test decides what arrives, when, and how connections end. */
import { connect, createServer, type Socket } from 'node:net';

/** What becomes of what is sent: it arrives, vanishes (a half-open connection), or only answers do. */
export type Passage = 'open' | 'half open' | 'no answers' | 'closed';

export interface LongWay {
  /** Where the server is reached by it. */
  readonly port: number;
  /** How long each answer is under way from now on, in milliseconds. At first 0. */
  delayMs: number;
  /** At first open. Closed: who connects is turned away; connections that stand stay until `cut`. */
  passage: Passage;
  /** Ends all connections, as a cable that is pulled out and a host that says so. */
  cut(): void;
  /** The next request reaches the server in half, then both ends of its connection are reset. */
  resetAmidRequest(): void;
  /** The next request reaches the server, and its connection is reset before the answer. */
  resetAmidAnswer(): void;
  /**
   * The next request with these words stays under way while its sender sees its connection reset.
   * Resolves when it is so, to what lets the request arrive; that resolves when it is answered.
   */
  holdRequest(words: string): Promise<() => Promise<void>>;
  /**
   * The next request with these words reaches the server, and its answer stays under way. Resolves when the
   * server has answered, to what lets the answer arrive.
   */
  holdAnswer(words: string): Promise<() => void>;
  /** Ends it, and the connections that go by it. */
  close(): Promise<void>;
}

/** What becomes of a request, decided once for the next one that fits. */
type Trap = (request: Buffer, connection: Connection) => boolean;

interface Connection {
  readonly near: Socket;
  readonly far: Socket;
  /** What comes from the far end waits for it. */
  gate?: Promise<void>;
}

/** Leads to a port of this machine. */
export async function longWay(to: number): Promise<LongWay> {
  const open = new Set<Connection>();
  const traps: Trap[] = [];
  const server = createServer(near => {
    if (way.passage === 'closed') {
      near.destroy();
      return;
    }
    const connection: Connection = { near, far: connect(to, '127.0.0.1') };
    // What is written goes out at once: the way takes as long as it is told, and no longer.
    for (const socket of [near, connection.far]) socket.setNoDelay(true);
    open.add(connection);
    join(connection, way, traps, () => open.delete(connection));
  });
  const way: LongWay = {
    port: await listen(server),
    delayMs: 0,
    passage: 'open',
    cut() {
      for (const connection of open) reset(connection);
    },
    resetAmidRequest() {
      traps.push((request, connection) => {
        connection.far.write(request.subarray(0, request.length / 2), () => reset(connection));
        return true;
      });
    },
    resetAmidAnswer() {
      traps.push((request, connection) => {
        connection.far.removeAllListeners('data');
        connection.far.once('data', () => reset(connection));
        connection.far.write(request);
        return true;
      });
    },
    holdRequest: words =>
      new Promise(held => {
        traps.push((request, { near, far }) => {
          if (!request.includes(words)) return false;
          near.removeAllListeners('close');
          near.resetAndDestroy();
          held(
            () =>
              new Promise(answered => {
                far.removeAllListeners('data');
                far.once('data', () => far.destroy());
                far.once('close', () => answered());
                far.write(request);
              }),
          );
          return true;
        });
      }),
    holdAnswer: words =>
      new Promise(held => {
        traps.push((request, connection) => {
          if (!request.includes(words)) return false;
          connection.gate = new Promise(open => {
            connection.far.once('data', () => held(open));
          });
          connection.far.write(request);
          return true;
        });
      }),
    async close() {
      for (const connection of open) reset(connection);
      await new Promise(resolve => server.close(resolve));
    },
  };
  return way;
}

function join(connection: Connection, way: LongWay, traps: Trap[], onClose: () => void): void {
  const { near, far } = connection;
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ] as const) {
    // What is written goes out at once: the way takes as long as it is told, and no longer.
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      onClose();
      other.destroy();
    });
  }
  near.on('data', request => {
    if (way.passage === 'half open') return;
    const at = traps.findIndex(trap => trap(request, connection));
    if (at >= 0) traps.splice(at, 1);
    else far.write(request);
  });
  let before = Promise.resolve();
  far.on('data', answer => {
    if (way.passage === 'half open' || way.passage === 'no answers') return;
    const arrived = new Promise(resolve => setTimeout(resolve, way.delayMs));
    // One after the other, however long each takes.
    before = before.then(async () => {
      await arrived;
      await connection.gate;
      near.write(answer);
    });
  });
}

function reset({ near, far }: Connection): void {
  near.resetAndDestroy();
  far.resetAndDestroy();
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

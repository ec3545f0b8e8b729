/**
 * How the connection of a tunnel is made. The forwarding is asked of a master at its control socket: `-R`
 * on a command line would take over the user's own forwardings too, or, with `ClearAllForwardings`, be
 * cleared itself. The master is a connection of the tunnel's own, or the shared one where a person had to log in.
 */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Host } from './hosts';
import { forwarding, type RedisPlace } from './redisPlace';
import { sharedSocket, through } from './sharedConnection';
import { askMaster, type RemoteEnd, type SshOptions } from './sshProgram';
import { openRelay } from './tunnelRelay';
import { TunnelFailed } from './tunnelScript';

export interface TunnelWay {
  isShared: boolean;
  /** Of the `ssh` that holds the host's end. */
  settings: Readonly<Record<string, string>>;
  /** Ours, made here, and to be removed when this process is killed. */
  socket: string;
  /** What connects to the socket `listen` on the host comes to Redis from then on. */
  forward(listen: string): Promise<RemoteEnd>;
  /** After the host's end has ended: nothing of it is left here. */
  end(): Promise<void>;
}

/** A shared connection if there is one now. */
export async function wayFor(host: Host, place: RedisPlace, ssh: SshOptions): Promise<TunnelWay> {
  const shared = await sharedSocket(host, ssh);
  return shared === undefined ? ownWay(place) : sharedWay(shared, place);
}

const unique = () => randomBytes(8).toString('hex');

/** Not by a connection of the user's own, which would keep the forwarding when we are gone. */
function ownWay(place: RedisPlace): TunnelWay {
  // Not in `tmpdir()`, whose path is too long for a socket on some systems. `ssh` makes it private.
  const control = `/tmp/distcomp-ssh-${unique()}`;
  return {
    isShared: false,
    settings: {
      // Found dead after half a minute without an answer.
      ServerAliveInterval: '10',
      ServerAliveCountMax: '2',
      ControlMaster: 'yes',
      ControlPath: control,
      ControlPersist: 'no',
    },
    socket: control,
    forward: listen => askMaster(control, 'forward', '-R', forwarding(listen, place)),
    end: () => rm(control, { force: true }),
  };
}

/**
 * The forwarding leads to a relay: a shared connection stays when the tunnel ends, and what has come
 * through to Redis itself would stay with it.
 */
async function sharedWay(shared: string, place: RedisPlace): Promise<TunnelWay> {
  // Beside the control socket, where only this user comes.
  const folder = dirname(shared);
  const relay = await openRelay(join(folder, `${unique()}.redis`), place).catch(() => {
    throw new TunnelFailed(`Cannot make a socket in ${folder} on this machine. Is its disk full?`);
  });
  let forwarded: string | undefined;
  return {
    isShared: true,
    settings: through(shared),
    socket: relay.socket,
    forward: listen => {
      forwarded = forwarding(listen, { socket: relay.socket });
      return askMaster(shared, 'forward', '-R', forwarded);
    },
    end: async () => {
      await relay.close();
      // In vain when the shared connection is what ended.
      if (forwarded !== undefined) await askMaster(shared, 'cancel', '-R', forwarded);
    },
  };
}

import { connect, createServer, type Socket } from 'node:net';

/** A way to a server whose connections can be cut. */
export interface Cuttable {
  readonly url: string;
  /** Ends all connections without a word. */
  cut(): void;
  /** Cuts, and takes no connection until {@link mend}. */
  block(): void;
  mend(): void;
  close(): void;
}

/** Starts a way to the server on this port of the machine, on a free port. */
export async function startCuttable(port: number): Promise<Cuttable> {
  const sockets = new Set<Socket>();
  let isBlocked = false;
  const proxy = createServer((near) => {
    if (isBlocked) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    cut,
    block() {
      isBlocked = true;
      cut();
    },
    mend() {
      isBlocked = false;
    },
    close() {
      cut();
      proxy.close();
    },
  };
}

import { connect, type Socket } from 'node:net';

/** What came of a request. */
export interface Posted {
  /** From the moment at which it was to be sent to the last byte of the answer. */
  readonly ms: number;
  /** Whether the status is 200. */
  readonly ok: boolean;
}

/** Sends the same few requests again and again on connections that are kept. */
export interface Poster {
  /** Sends one of the bodies, in turn. */
  post(at: number): Promise<Posted>;
  close(): void;
}

interface Connection {
  readonly socket: Socket;
  answer: ((ok: boolean) => void) | null;
}

/**
 * Opens a client that costs little, since it shares its cores with what it measures: requests are made before, and of an answer only the status and the length
 * are read. Takes as many connections as there are requests at a time.
 */
export function openPoster(port: number, path: string, bodies: readonly string[]): Poster {
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
  const idle: Connection[] = [];
  const all = new Set<Socket>();

  const open = (): Connection => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const connection: Connection = { socket, answer: null };
    all.add(socket);
    let head = '';
    let left = -1;
    const end = (ok: boolean) => {
      const { answer } = connection;
      connection.answer = null;
      [head, left] = ['', -1];
      if (ok) idle.push(connection);
      else socket.destroy();
      answer?.(ok);
    };
    socket.on('data', (data) => {
      if (left < 0) {
        head += data.toString('latin1');
        const bodyAt = head.indexOf('\r\n\r\n') + 4;
        if (bodyAt < 4) return;
        const length = /^content-length: (\d+)/im.exec(head.slice(0, bodyAt))?.[1];
        if (length === undefined || !head.startsWith('HTTP/1.1 200')) return end(false);
        left = Number(length) - (head.length - bodyAt);
      } else {
        left -= data.length;
      }
      if (left === 0) end(true);
    });
    socket.on('error', () => end(false));
    socket.on('close', () => {
      all.delete(socket);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      end(false);
    });
    return connection;
  };

  return {
    post(at) {
      const startedAt = performance.now();
      const connection = idle.pop() ?? open();
      return new Promise((resolve) => {
        connection.answer = (ok) => resolve({ ms: performance.now() - startedAt, ok });
        connection.socket.write(requests[at % requests.length] ?? '');
      });
    },
    close: () => {
      for (const socket of all) socket.destroy();
    },
  };
}

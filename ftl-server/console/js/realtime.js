// The stream: every frame once and in order, from the entry that was seen last, over whatever connection there is.

import { call } from './api.js';
import { session } from './session.js';
import { overSocket, overStream } from './transport.js';

/** After a cut: soon, then slower and slower. */
const PAUSES = [250, 500, 1000, 2000, 4000, 8000];

/** Follows the league. `onFrame(frame)`, `onState('live' | 'cut')`. */
export class Realtime {
  #line = null;
  #transport = overSocket;
  #attempt = 0;
  #timer = null;
  #stopped = false;
  /** Of the connections: an earlier one says nothing any more. */
  #turn = 0;
  #followed = [];
  /** Frames behind the cursor that were told already: a resume tells them again. */
  #told = new Set();
  /** The last entry that was seen whole, and its batch where that is known. */
  cursor;

  constructor({ cursor, onFrame, onState }) {
    Object.assign(this, { cursor: { seq: cursor }, onFrame, onState });
    this.wake = () => this.#line ?? this.#again(0);
    addEventListener('online', this.wake);
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    this.#turn += 1;
    removeEventListener('online', this.wake);
    clearTimeout(this.#timer);
    this.#line?.close();
  }

  /** Matches that are to be told of. */
  follow(ids) {
    this.#followed = ids;
    this.#line?.follow(ids);
  }

  async #connect() {
    if (this.#stopped || !session.token) return;
    const turn = ++this.#turn;
    const now = (act) => (told) => turn === this.#turn && act(told);
    try {
      const { token } = await call('POST', '/api/ws/token');
      if (turn !== this.#turn) return;
      this.#line = this.#transport(token, this.cursor, this.#followed, {
        open: now(() => {
          this.#attempt = 0;
          this.#line.follow(this.#followed);
          this.onState('live');
        }),
        frame: now((frame) => this.#hear(frame)),
        cursor: now((reached) => this.#reach(reached)),
        closed: now(({ never }) => {
          // A process without WebSockets, or a proxy that knows none: the same frames come as events, until they end too.
          const none = never && this.#transport === overSocket && this.#attempt > 1;
          this.#transport = none ? overStream : overSocket;
          this.#cut();
        }),
      });
    } catch {
      if (turn === this.#turn) this.#cut();
    }
  }

  #hear(frame) {
    // What is missing cannot be told: how things stand follows.
    if (frame.type === 'resync') {
      this.cursor = { seq: 0 };
      this.#told.clear();
    }
    // What happens on the pitch counts its own places, and the list is read anew however often it is told.
    if (frame.n !== undefined && frame.type !== 'event') {
      const key = `${frame.seq}/${frame.n}`;
      if (frame.seq <= this.cursor.seq || this.#told.has(key)) return;
      this.#told.add(key);
    }
    this.onFrame(frame);
  }

  #reach(reached) {
    if (reached.seq < this.cursor.seq) return;
    if (reached.seq > this.cursor.seq) this.#told.clear();
    this.cursor = reached;
  }

  #cut() {
    this.#line = null;
    if (this.#stopped) return;
    this.onState('cut');
    this.#again(PAUSES[Math.min(this.#attempt, PAUSES.length - 1)] * (0.5 + Math.random()));
    this.#attempt += 1;
  }

  #again(pause) {
    clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(() => this.#connect(), pause);
  }
}

// The stream: every frame once and in order, from the entry that was seen last, over whatever connection there is.

import { call } from './api.js';
import { session } from './session.js';

/** After a cut: at once, then slower and slower. */
const PAUSES = [250, 500, 1000, 2000, 4000, 8000];

/** Follows the league. `onFrame(frame)`, `onState('live' | 'cut')`. */
export class Realtime {
  #source = null;
  #attempt = 0;
  #timer = null;
  #stopped = false;
  /** The last entry that was seen whole. */
  cursor;

  constructor({ cursor, onFrame, onState }) {
    Object.assign(this, { cursor, onFrame, onState });
    this.wake = () => this.#again(0);
    addEventListener('online', this.wake);
    this.#connect();
  }

  stop() {
    this.#stopped = true;
    removeEventListener('online', this.wake);
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  async #connect() {
    if (this.#stopped || !session.token) return;
    try {
      const { token } = await call('POST', '/api/ws/token');
      if (!this.#stopped) this.#follow(token);
    } catch {
      this.#cut();
    }
  }

  #follow(token) {
    const query = new URLSearchParams({ token, lastEventId: this.cursor });
    const source = new EventSource(`/api/events?${query}`);
    this.#source = source;
    source.onopen = () => {
      this.#attempt = 0;
      this.onState('live');
    };
    source.onmessage = (event) => {
      this.onFrame(JSON.parse(event.data));
      const seq = Number(event.lastEventId);
      if (seq) this.cursor = seq;
    };
    // A ticket opens one stream: the browser's own attempt would be refused.
    source.onerror = () => {
      source.close();
      this.#cut();
    };
  }

  #cut() {
    if (this.#stopped) return;
    this.onState('cut');
    this.#again(PAUSES[Math.min(this.#attempt, PAUSES.length - 1)] * (0.5 + Math.random()));
    this.#attempt += 1;
  }

  #again(pause) {
    if (this.#stopped || (this.#source && this.#source.readyState !== EventSource.CLOSED)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), pause);
  }
}

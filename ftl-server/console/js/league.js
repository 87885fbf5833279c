// The league as this page knows it: read once, then moved by frames. Screens listen to topics.
//
//   market     instruments (reviews, freezes, who plays)      price        one instrument's price: its slug
//   fixtures   matches, their clocks and scores               book         my book, positions, orders
//   activity   what happened, latest first                    connection   `live` or `cut`

import { get } from './api.js';
import { paced } from './dom.js';
import { CONTRACT, LOTS, MONEY, PRICE, units } from './format.js';
import { Realtime } from './realtime.js';
import { session } from './session.js';

/** Prices kept of each instrument for its sparkline. */
const TRAIL = 120;
/** Which frame moves what; a type that is not here may come from a newer server. */
const HEARD = { price: 'price', status: 'status', fixture: 'standing', event: 'pitch', resync: 'anew' };
/** Frames of one's own account. */
const OWN = new Set(['order', 'position', 'wallet', 'level', 'notification']);
/** What frames do not tell is asked for this often while the page is looked at. */
const ASK_EVERY = 2_000;

class League {
  #listeners = new Map();
  #realtime = null;
  #timer = null;
  #wanted = new Set();
  /** The entry of the last price of each instrument. */
  #heard = new Map();

  instruments = new Map();
  fixtures = [];
  trails = new Map();
  book = null;
  activity = [];
  news = [];
  connection = 'cut';
  seq = 0;

  /** Calls `listener` on every `topic`; returns how to stop that. */
  on(topic, listener) {
    if (!this.#listeners.has(topic)) this.#listeners.set(topic, new Set());
    this.#listeners.get(topic).add(listener);
    return () => this.#listeners.get(topic).delete(listener);
  }

  #tell(topic, what) {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(what);
  }

  /** Reads everything and follows it from there. */
  async begin() {
    const book = await get('/api/portfolio');
    this.#keepBook(book);
    await Promise.all([this.#readMarket(), this.#readFixtures(), this.#readActivity()]);
    this.#realtime = new Realtime({
      cursor: book.seq,
      onFrame: (frame) => this.hear(frame),
      onState: (state) => this.#connected(state),
    });
    this.#realtime.follow(this.fixtures.map((fixture) => fixture.id));
    this.#timer = setInterval(() => {
      if (document.hidden) return;
      this.#refreshWorld();
    }, ASK_EVERY);
  }

  end() {
    this.#realtime?.stop();
    clearInterval(this.#timer);
    this.#refreshBook.cancel();
    this.#refreshWorld.cancel();
    this.#keepPlace.cancel();
    this.#wanted.clear();
    this.#heard.clear();
    Object.assign(this, { instruments: new Map(), fixtures: [], trails: new Map(), book: null, activity: [], news: [], connection: 'cut' });
  }

  #connected(state) {
    if (this.connection === state) return;
    const again = state === 'live' && this.connection === 'cut';
    this.connection = state;
    this.#tell('connection', state);
    if (again) {
      this.#refreshBook();
      this.#refreshWorld();
    }
  }

  hear(frame) {
    if (frame.seq) {
      this.seq = Math.max(this.seq, frame.seq);
      this.#keepPlace();
    }
    const heard = HEARD[frame.type];
    if (heard) return this[heard](frame);
    if (!OWN.has(frame.type)) return;
    if (frame.type === 'notification') this.#tell('notification', frame.data);
    if (frame.type === 'order') this.#tell('order', frame.data);
    if (frame.type === 'wallet' && this.book) Object.assign(this.book, frame.data);
    this.#refreshBook();
  }

  price({ instrument, seq, mark, liveBase, settlement, at }) {
    const row = this.instruments.get(instrument);
    if (!row) return this.#refreshWorld();
    // What comes with a subscription may be older than what is shown.
    if (seq < (this.#heard.get(instrument) ?? 0)) return;
    this.#heard.set(instrument, seq);
    Object.assign(row, { mark, liveBase, settlementPrice: settlement });
    const trail = this.#trail(instrument);
    if (trail.at(-1)?.mark !== Number(mark)) trail.push({ at: Date.parse(at), mark: Number(mark) });
    if (trail.length > TRAIL) trail.shift();
    this.#tell('price', instrument);
    if (this.book?.positions.some((position) => position.instrument === instrument)) {
      this.#tell('book', this.book);
      this.#refreshBook();
    }
    this.#refreshWorld();
  }

  status({ instrument, active, frozen, underReview, fixture, inPlay }) {
    const row = this.instruments.get(instrument);
    if (!row) return;
    Object.assign(row, { active, frozen, underReview, fixture, inPlay });
    this.#tellMarket();
  }

  standing({ fixture, phase, live, score, minute, clockMs }) {
    const known = this.fixture(fixture);
    if (known) Object.assign(known, { phase, live, score, minute, clockMs });
    this.#tellFixtures();
  }

  anew() {
    this.seq = 0;
    this.#heard.clear();
    this.#refreshBook();
    this.#refreshWorld();
  }

  pitch() {
    this.#refreshWorld();
  }

  /** For "while you were away": to the second is enough. */
  #keepPlace = paced(1_000, () => {
    if (this.seq) session.seen = this.seq;
  });

  // A goal concerns dozens: they are drawn once.
  #tellMarket = paced(50, () => this.#tell('market', this.instruments));
  #tellFixtures = paced(50, () => this.#tell('fixtures', this.fixtures));

  #trail(slug) {
    if (!this.trails.has(slug)) this.trails.set(slug, []);
    return this.trails.get(slug);
  }

  #refreshBook = paced(400, async () => {
    try {
      this.#keepBook(await get('/api/portfolio', { minSeq: this.seq || undefined }));
    } catch {
      // The next frame or the next connection asks again.
    }
  });

  #refreshWorld = paced(1_000, () => Promise.allSettled([this.#readMarket(), this.#readFixtures(), this.#readActivity()]));

  #keepBook(book) {
    this.seq = Math.max(this.seq, book.seq);
    this.book = book;
    this.#tell('book', book);
  }

  async #readMarket() {
    const rows = new Map();
    let cursor;
    do {
      const page = await get('/api/instruments', { limit: 200, cursor });
      for (const row of page.items) rows.set(row.id, row);
      cursor = page.nextCursor;
    } while (cursor);
    this.instruments = rows;
    for (const row of rows.values()) {
      if (!this.#trail(row.id).length) this.#trail(row.id).push({ at: Date.now(), mark: Number(row.mark) });
    }
    this.#tell('market', rows);
  }

  async #readFixtures() {
    this.fixtures = (await get('/api/fixtures', { limit: 200 })).items;
    this.#realtime?.follow(this.fixtures.map((fixture) => fixture.id));
    this.#tell('fixtures', this.fixtures);
  }

  /** The pitch by itself: a busy second of trades would push its goals out. */
  async #readActivity() {
    const [latest, news] = await Promise.all([get('/api/activity', { limit: 200 }), get('/api/activity', { kind: 'match', limit: 500 })]);
    this.activity = latest.items;
    this.news = news.items;
    this.#tell('activity', this.activity);
  }

  name(slug) {
    return this.instruments.get(slug)?.name ?? slug;
  }

  fixture(id) {
    return this.fixtures.find((fixture) => fixture.id === id);
  }

  /** Once for the life of a trail: the price of the last minutes, so that a sparkline does not begin empty. */
  async fillTrail(slug) {
    if (this.#wanted.has(slug)) return;
    this.#wanted.add(slug);
    const history = await get(`/api/instruments/${slug}/price-history`, { interval: '1s', limit: 60 });
    const live = this.#trail(slug);
    const first = live[0]?.at ?? Infinity;
    const before = history.bars.map((bar) => ({ at: Date.parse(bar.start), mark: Number(bar.close) })).filter(({ at }) => at < first);
    live.unshift(...before);
    this.#tell('price', slug);
  }
}

export const league = new League();

/** R4.8, with the price of now, in whole units of money. */
export function unrealised(position) {
  const mark = league.instruments.get(position.instrument)?.mark ?? position.mark;
  const sign = position.direction === 'long' ? 1 : -1;
  return sign * units(mark, PRICE) * units(position.lots, LOTS) * CONTRACT - units(position.entryCost, MONEY);
}

/** Balance and what is open, with the prices of now, in whole units of money. */
export const equity = (book) => units(book.balance, MONEY) + book.positions.reduce((sum, position) => sum + unrealised(position), 0);

// The league as this page knows it: read once, then moved by frames. Screens listen to topics.
//
//   market     instruments (reviews, freezes, who plays)      price        one instrument's price: its slug
//   fixtures   matches, their clocks and scores               book         my book, positions, orders
//   pitch      what was told of it, latest first              connection   `live` or `cut`
//   order, position, notification   frames of my own

import { get, whole } from './api.js';
import { now } from './clock.js';
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
/** Frames tell what moves. What they do not (a new match, who is in its squads) is asked for this often, while somebody looks. */
const ASK_EVERY = 10_000;

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
    await this.#readWorld();
    this.#realtime = new Realtime({
      cursor: book.seq,
      onFrame: (frame) => this.hear(frame),
      onState: (state) => this.#connected(state),
    });
    this.#followMatches();
    this.#timer = setInterval(() => {
      if (!document.hidden) this.#refreshWorld();
    }, ASK_EVERY);
  }

  end() {
    this.#realtime?.stop();
    clearInterval(this.#timer);
    this.#refreshBook.cancel();
    this.#valueBook.cancel();
    this.#refreshWorld.cancel();
    this.#keepPlace.cancel();
    this.#wanted.clear();
    this.#heard.clear();
    Object.assign(this, { instruments: new Map(), fixtures: [], trails: new Map(), book: null, news: [], connection: 'cut' });
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
    if (frame.type === 'position') this.#tell('position', frame.data);
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
      this.#valueBook();
    }
  }

  status({ instrument, active, frozen, underReview, fixture, inPlay }) {
    const row = this.instruments.get(instrument);
    if (!row || (fixture && !this.fixture(fixture))) this.#refreshWorld();
    if (!row) return;
    Object.assign(row, { active, frozen, underReview, fixture, inPlay });
    this.#tellMarket();
  }

  standing({ fixture, phase, live, score, minute, clockMs }) {
    const known = this.fixture(fixture);
    if (known?.phase !== phase) this.#refreshWorld();
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

  /** A price changes what a book is worth, which is reckoned here, and its margin, which is not. */
  #valueBook = paced(1_000, () => this.#refreshBook());

  #refreshWorld = paced(1_000, () => this.#readWorld().catch(() => {}));

  #readWorld() {
    return Promise.all([this.#readMarket(), this.#readFixtures(), this.#readNews()]);
  }

  #keepBook(book) {
    this.seq = Math.max(this.seq, book.seq);
    this.book = book;
    this.#tell('book', book);
  }

  async #readMarket() {
    const rows = await whole('/api/instruments');
    this.instruments = new Map(rows.map((row) => [row.id, row]));
    for (const row of rows) {
      if (!this.#trail(row.id).length) this.#trail(row.id).push({ at: now(), mark: Number(row.mark) });
    }
    this.#tell('market', this.instruments);
  }

  async #readFixtures() {
    this.fixtures = await whole('/api/fixtures');
    this.#followMatches();
    this.#tell('fixtures', this.fixtures);
  }

  /** Nothing happens any more in what is final. */
  #followMatches() {
    this.#realtime?.follow(this.fixtures.filter(({ phase }) => phase !== 'finalised').map(({ id }) => id));
  }

  /** The pitch by itself: a busy second of trades would push its goals out. */
  async #readNews() {
    this.news = (await get('/api/activity', { kind: 'match', limit: 500 })).items;
    this.#tell('pitch', this.news);
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

/** What a change is measured against: the price of the form that he brought into his match. */
export const opening = (row) => Number(row.openingPrice);

/** R4.8, with the price of now, in whole units of money. */
export function unrealised(position) {
  const mark = league.instruments.get(position.instrument)?.mark ?? position.mark;
  const sign = position.direction === 'long' ? 1 : -1;
  return sign * units(mark, PRICE) * units(position.lots, LOTS) * CONTRACT - units(position.entryCost, MONEY);
}

/** Balance and what is open, with the prices of now, in whole units of money. */
export const equity = (book) => units(book.balance, MONEY) + book.positions.reduce((sum, position) => sum + unrealised(position), 0);

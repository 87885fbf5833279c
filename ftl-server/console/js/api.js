// Requests. Every failure is a `Problem` with a sentence that says what to do next.

import { heard } from './clock.js';
import { points } from './format.js';
import { session } from './session.js';

/** What the server refused, or that it does not answer (status 0). */
export class Problem extends Error {
  constructor(body) {
    super(body.detail || body.title);
    Object.assign(this, body);
  }

  /** What happened and what to do, for people. */
  get advice() {
    const said = [this.title, this.detail].filter((text, n, all) => text && all.indexOf(text) === n).map(sentence);
    const next = NEXT[this.code] ?? (this.status >= 500 ? 'Try again in a moment; nothing is done twice.' : '');
    // Figures of the wire have all their places; people want two.
    const short = (text) => text.replace(/-?\d+\.\d{4,6}\b/g, points);
    return [...said.map(short), next].filter(Boolean).join(' ');
  }
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}`.replace(/[.!?]?$/, '.');

const NEXT = {
  away: 'Check your connection.',
  insufficient_margin: 'Take fewer lots, or close a position first.',
  under_review: 'Trading opens again when play goes on.',
  frozen: 'An operator stopped trading; try again later.',
  trade_window_closed: 'Wait for extra time or full time.',
  slippage_exceeded: 'Look at the new price and send it again.',
  price_limit: 'Choose the other direction, or another player.',
  exposure_limit: 'Take fewer lots, or the other direction.',
  invalid_lots: 'Change the lots.',
  stop_loss_wrong_side: 'Put it below the price of a long, above that of a short.',
  take_profit_wrong_side: 'Put it above the price of a long, below that of a short.',
  limit_wrong_side: 'Put a long\u2019s limit below the price, a short\u2019s above.',
  not_cancellable: 'It fills or is cancelled by itself in a few seconds.',
  unknown_position: 'It has closed already: see the closed ones below.',
  account_suspended: 'Ask the operator.',
  district_chosen: 'Choose that district, or another name.',
  unauthorized: 'Log in again.',
  too_many_requests: 'Wait a moment.',
};

/** One request. `operator` sends the operator's token instead of the participant's. */
export async function call(method, path, { body, query, key, operator = false, anonymous = false } = {}) {
  const headers = {};
  const token = operator ? session.operator : session.token;
  if (token && !anonymous) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (key) headers['idempotency-key'] = key;
  const search = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null));
  const url = search.size ? `${path}?${search}` : path;
  let response;
  try {
    response = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Problem({ status: 0, code: 'away', title: 'The server does not answer' });
  }
  heard(response.headers.get('date'));
  if (response.status === 204) return null;
  const text = await response.text();
  const read = () => {
    try {
      return JSON.parse(text);
    } catch {
      return { title: 'The answer cannot be read', detail: `status ${response.status}` };
    }
  };
  const answer = read();
  if (response.ok || path === '/readyz') return answer;
  if (response.status === 401 && !operator && !anonymous) session.end('Your login has ended.');
  throw new Problem({ status: response.status, ...answer });
}

export const get = (path, query, options) => call('GET', path, { query, ...options });

/** Every page of a list. */
export async function whole(path, query) {
  const items = [];
  let cursor;
  do {
    const page = await get(path, { limit: 200, ...query, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;

/** Intentions of which nobody knows yet what became: asked again they go under the same key, with the same body. */
const unsure = new Map();
/** Longer than anybody waits before he looks at what he has. */
const FORGOTTEN = 600_000;

/** Does something once, however often it is asked for until there is an answer. `same` tells one intention from another. */
export async function once(method, path, { body, query, same = body, ...rest } = {}) {
  const name = JSON.stringify([session.token, method, path, query, same]);
  const known = unsure.get(name);
  const first = known && Date.now() - known.at < FORGOTTEN ? known : { key: newKey(), body, at: Date.now() };
  unsure.set(name, first);
  try {
    const answer = await call(method, path, { ...rest, query, body: first.body, key: first.key });
    unsure.delete(name);
    return answer;
  } catch (problem) {
    if (problem.status >= 400 && problem.status < 500) unsure.delete(name);
    throw problem;
  }
}

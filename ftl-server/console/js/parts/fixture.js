// How a match stands, in words: its clock, its score, whether it can be traded.

import { time, words } from '../format.js';
import { league } from '../league.js';

/** What is told of the pitch, and its sign; the rest moves prices, and that is seen there. */
export const SIGNS = {
  goal: 'ball',
  penalty_goal: 'ball',
  own_goal: 'ball',
  penalty_awarded: 'eye',
  penalty_missed: 'ball',
  penalty_saved: 'ball',
  yellow: 'card',
  second_yellow: 'card',
  red: 'card',
  substitution: 'swap',
  var_check: 'eye',
  check_ended: 'eye',
  shootout_goal: 'ball',
  shootout_miss: 'ball',
};

const OVER = new Set(['finished', 'finalised', 'abandoned', 'postponed']);

/** "67′", "Half-time", or when it begins. */
export function standing(fixture) {
  if (fixture.minute !== null) return `${fixture.minute}\u2032`;
  if (fixture.phase === 'scheduled') return time(fixture.kickOff).slice(0, -3);
  return words(fixture.phase);
}

/** `open`, `delayed` or `shut`, and what that means (R4.2, R4.4). */
export function tradeWindow(fixture) {
  if (OVER.has(fixture.phase))
    return {
      state: fixture.phase === 'finalised' ? 'open' : 'shut',
      text: fixture.phase === 'finalised' ? 'Trading open' : 'Frozen until final',
    };
  if (!fixture.live) return { state: 'open', text: 'Open: fills at once' };
  const late = (fixture.phase === 'second_half' && fixture.minute >= 88) || (fixture.phase === 'extra_time' && fixture.minute >= 118);
  return late ? { state: 'shut', text: 'Closing only' } : { state: 'delayed', text: 'In play: fills after a delay' };
}

/** Those who play in it, by side. */
export const playersOf = (fixture) => [...league.instruments.values()].filter((row) => row.fixture === fixture.id);

/** What keeps an instrument from being traded now, if anything. */
export function obstacle(row) {
  if (!row.active) return { kind: 'gone', text: 'Off the market', short: 'Gone' };
  if (row.frozen) return { kind: 'frozen', text: 'Frozen', short: 'Frozen' };
  if (row.underReview) return { kind: 'review', text: 'Under review', short: 'Review' };
  return null;
}

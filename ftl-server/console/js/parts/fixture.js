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


/** "67′", "Half-time", or when it begins. */
export function standing(fixture) {
  if (fixture.minute !== null) return `${fixture.minute}\u2032`;
  if (fixture.phase === 'scheduled') return time(fixture.kickOff).slice(0, -3);
  return words(fixture.phase);
}

/** `open`, `delayed` or `shut`, and what that means (R4.2, R4.4); nothing where the match concerns nobody any more. */
export function tradeWindow({ phase, live, minute }) {
  if (phase === 'finalised' || phase === 'postponed') return { state: 'over', text: '' };
  if (phase === 'finished' || phase === 'abandoned') return { state: 'shut', text: 'Frozen until final' };
  if (!live) return { state: 'open', text: 'Open: fills at once' };
  const late = phase === 'penalties' || (phase === 'second_half' && minute >= 88) || (phase === 'extra_time' && minute >= 118);
  return late ? { state: 'shut', text: 'Closing only' } : { state: 'delayed', text: 'In play: fills after a delay' };
}

/** What keeps an instrument from being traded now, if anything. */
export function obstacle(row) {
  if (!row.active) return { kind: 'gone', text: 'Off the market', short: 'Gone' };
  const phase = league.fixture(row.fixture)?.phase;
  if (phase === 'finished' || phase === 'abandoned') return { kind: 'frozen', text: 'Settled, and not final yet', short: 'Settled' };
  if (row.frozen) return { kind: 'frozen', text: 'Frozen', short: 'Frozen' };
  if (row.underReview) return { kind: 'review', text: 'Under review', short: 'Review' };
  return null;
}

// Decimals of the wire: read into whole units, shown to people. Sums are of whole numbers, never of fractions.

/** "195.2000" at four places is 1952000. */
export function units(text, places) {
  if (text === null || text === undefined || text === '') return null;
  const [, sign, whole, part = ''] = /^([-+]?)(\d*)\.?(\d*)$/.exec(String(text)) ?? [];
  if (whole === undefined) return null;
  const number = Number(whole + part.slice(0, places).padEnd(places, '0'));
  return sign === '-' ? -number : number;
}

export const PRICE = 4;
export const MONEY = 6;
export const LOTS = 2;
/** Shares of a lot. */
export const CONTRACT = 100;

const grouped = (number, places) => number.toLocaleString('en-GB', { minimumFractionDigits: places, maximumFractionDigits: places });
const MINUS = '\u2212';
/** A figure of the wire with a true minus. */
export const proper = (text) => String(text).replace('-', MINUS);

/** A price, at two places. */
export const price = (text) => (text === null || text === undefined ? '\u2013' : grouped(Number(text), 2));
/** Points, at two places. */
export const points = (text) => (text === null || text === undefined ? '\u2013' : proper(grouped(Number(text), 2)));
/** Points without decimals, for tight places. */
export const whole = (text) => (text === null || text === undefined ? '\u2013' : proper(grouped(Math.round(Number(text)), 0)));
/** Points with their sign. */
export function signed(text, places = 2) {
  const number = Number(text);
  const shown = grouped(Math.abs(number), places);
  if (/^0(\.0*)?$/.test(shown)) return shown;
  return (number < 0 ? MINUS : '+') + shown;
}
/** Money in whole units as a decimal. */
export const money = (whole) => whole / 1e6;
/** "rise", "fall" or "flat". */
export const tone = (number) => (number > 0 ? 'rise' : number < 0 ? 'fall' : 'flat');
/** A margin level of basis points. */
export const level = (bps) => (bps === null || bps === undefined ? 'no margin used' : `${grouped(Math.floor(bps / 100), 0)} %`);
/** How much a price changed. */
export const change = (from, to) => (from ? `${signed(((to - from) / from) * 100)} %` : '');

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const year = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const today = () => new Date().toDateString();
/** A time of day; with the day where it is another, and the year. */
export function time(text) {
  const at = new Date(text);
  return at.toDateString() === today() ? clock.format(at) : `${date(at)}, ${clock.format(at)}`;
}
/** A day. */
export function date(text) {
  const at = new Date(text);
  return (at.getFullYear() === new Date().getFullYear() ? day : year).format(at);
}
/** Seconds with one decimal. */
export const seconds = (ms) => `${(Math.max(0, ms) / 1000).toFixed(1)} s`;

const WORDS = {
  pnl: 'Profit',
  roi: 'Return',
  sl: 'Stop loss',
  user: 'Closed by you',
  stop_loss: 'Stop loss',
  take_profit: 'Take profit',
  washout: 'Washed out',
  auto_exit_ft: 'Settled at full time',
  deactivated: 'Left the market',
  voided: 'Undone by the operator',
  penalty_goal: 'Goal (penalty)',
  var_check: 'VAR check',
  check_ended: 'Check over',
  restart: 'Play goes on',
  shootout_goal: 'Shoot-out: scored',
  shootout_miss: 'Shoot-out: missed',
  event_intervened: 'Something happened on the pitch first',
  feed_stale: 'The match clock stood still',
  position_gone: 'The position had closed',
  market_closed: 'The market had closed',
  save_inside_box: 'Save inside the box',
  first_half: 'First half',
  half_time: 'Half-time',
  second_half: 'Second half',
  extra_time: 'Extra time',
  scheduled: 'Not yet begun',
  finished: 'Full time',
  finalised: 'Final',
  bad_debt: 'Bad debt covered',
  seed: 'Starting points',
  top_up: 'Weekly top-up',
};
/** A code of the wire in words. */
export function words(code) {
  if (!code) return '';
  const text = WORDS[code] ?? code.replaceAll('_', ' ');
  return text[0].toUpperCase() + text.slice(1);
}
/** "45+2'" */
export const minute = (event) => `${event.minute}${event.offset ? `+${event.offset}` : ''}\u2032`;

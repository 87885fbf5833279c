// A price chart: a line or candles, what happened on the pitch, and one's own fills. Drawn anew on every price.

import { h, svg } from './dom.js';
import { price, time } from './format.js';

const AXIS = 56;
const FOOT = 24;
const TOP = 14;
const GOOD = new Set(['goal', 'penalty_goal']);

/** A chart of `ticks` [{at, mark}], `bars` [{at, open, high, low, close}], `events` [{at, label, kind}], `fills` [{at, price, direction, opened}]. */
export class Chart {
  #data = { style: 'line', ticks: [], bars: [], span: 60_000, events: [], fills: [], levels: [] };
  #asked = false;

  constructor(label) {
    this.svg = svg('svg', { class: 'chart', role: 'img', 'aria-label': label, preserveAspectRatio: 'none' });
    this.label = label;
    this.node = h('div', { class: 'chart-box' }, this.svg);
    this.observer = new ResizeObserver(() => this.#ask());
    this.observer.observe(this.node);
  }

  close() {
    this.observer.disconnect();
  }

  draw(data) {
    Object.assign(this.#data, data);
    this.#ask();
  }

  #ask() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#paint();
    });
  }

  #paint() {
    const { clientWidth: width, clientHeight: height } = this.node;
    const candles = this.#data.style === 'candles';
    const points = candles ? this.#data.bars : this.#data.ticks;
    if (width < 80 || height < 80) return;
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    if (!points.length) {
      this.svg.replaceChildren(svg('text', { x: width / 2, y: height / 2, class: 'empty', 'text-anchor': 'middle' }, 'No prices yet'));
      return;
    }
    const scale = this.#scale(points, candles, width, height);
    const drawn = candles ? this.#candles(points, scale) : this.#line(points, scale);
    this.svg.replaceChildren(
      ...this.#grid(scale, width, height),
      ...this.#levels(scale, width),
      ...drawn,
      ...this.#events(scale, height),
      ...this.#fills(scale, points),
      ...this.#now(points.at(-1), scale, width),
    );
    const last = points.at(-1).mark ?? points.at(-1).close;
    this.svg.setAttribute(
      'aria-label',
      `${this.label}: ${price(last)}, from ${price(scale.low)} to ${price(scale.high)} since ${time(points[0].at)}`,
    );
  }

  #scale(points, candles, width, height) {
    const lows = points.map((point) => point.low ?? point.mark);
    const highs = points.map((point) => point.high ?? point.mark);
    const low = Math.min(...lows);
    const high = Math.max(...highs);
    const room = Math.max((high - low) * 0.16, high * 0.002);
    const [bottom, top] = [low - room, high + room];
    const begin = points[0].at;
    const end = Math.max(points.at(-1).at + (candles ? this.#data.span : 0), begin + 10_000);
    const right = width - AXIS;
    return {
      low,
      high,
      bottom,
      top,
      begin,
      end,
      now: points.at(-1).mark ?? points.at(-1).close,
      right,
      foot: height - FOOT,
      x: (at) => ((at - begin) / (end - begin)) * (right - 8) + 4,
      y: (value) => TOP + ((top - value) / (top - bottom)) * (height - FOOT - TOP),
    };
  }

  #grid({ bottom, top, begin, end, now, x, y, right, foot }, width) {
    const step = niceStep((top - bottom) / 4);
    const lines = [];
    for (let value = Math.ceil(bottom / step) * step; value < top; value += step) {
      const at = Math.round(y(value)) + 0.5;
      lines.push(svg('path', { class: 'grid', d: `M0 ${at}H${right}` }));
      if (Math.abs(at - y(now)) > 16) lines.push(svg('text', { class: 'axis', x: right + 8, y: at + 4 }, price(value)));
    }
    const count = width < 500 ? 3 : 5;
    for (let n = 0; n < count; n += 1) {
      const at = begin + ((end - begin) * (n + 0.5)) / count;
      lines.push(svg('text', { class: 'axis', x: x(at), y: foot + 17, 'text-anchor': 'middle' }, time(at).slice(-8)));
    }
    return lines;
  }

  #line(points, { x, y, foot, end }) {
    // A price holds until the next one: steps, not slopes.
    const path = points
      .map(({ at, mark }, n) => (n ? `H${x(at).toFixed(1)}V${y(mark).toFixed(1)}` : `M${x(at).toFixed(1)} ${y(mark).toFixed(1)}`))
      .join('');
    const open = `${path}H${x(end).toFixed(1)}`;
    const area = `${open}V${foot}H${x(points[0].at).toFixed(1)}Z`;
    return [svg('path', { class: 'area', d: area }), svg('path', { class: 'line', 'data-part': 'price', d: open })];
  }

  #candles(bars, { x, y }) {
    const slot = x(bars[0].at + this.#data.span) - x(bars[0].at);
    const half = Math.max(1, Math.min(9, slot * 0.35));
    const paths = { rise: '', fall: '' };
    for (const { at, open, high, low, close } of bars) {
      const middle = x(at) + slot / 2;
      const [upper, lower] = [y(Math.max(open, close)), Math.max(y(Math.min(open, close)), y(Math.max(open, close)) + 1)];
      paths[close >= open ? 'rise' : 'fall'] +=
        `M${middle.toFixed(1)} ${y(high).toFixed(1)}V${upper.toFixed(1)}M${middle.toFixed(1)} ${lower.toFixed(1)}V${y(low).toFixed(1)}` +
        `M${(middle - half).toFixed(1)} ${upper.toFixed(1)}h${(2 * half).toFixed(1)}V${lower.toFixed(1)}h${(-2 * half).toFixed(1)}Z`;
    }
    return Object.entries(paths)
      .filter(([, d]) => d)
      .map(([kind, d]) => svg('path', { class: `candle ${kind}`, 'data-part': 'price', d }));
  }

  #events({ x, begin, end, foot }) {
    const inside = this.#data.events.filter(({ at }) => at >= begin && at <= end);
    return inside.map(({ at, label, kind }) => {
      const place = x(at).toFixed(1);
      return svg(
        'g',
        { class: GOOD.has(kind) ? 'event goal' : kind === 'gone' ? 'event gone' : 'event' },
        svg('path', { d: `M${place} ${TOP}V${foot}` }),
        svg('circle', { cx: place, cy: TOP, r: 4 }),
        svg('title', {}, label),
      );
    });
  }

  #fills({ x, y, begin, end, bottom, top }) {
    const inside = this.#data.fills.filter((fill) => fill.at >= begin && fill.at <= end);
    return inside.map((fill) => {
      // An arrow in the direction in which the fill pushed.
      const up = (fill.direction === 'long') === fill.opened;
      const [px, py] = [x(fill.at), y(Math.min(top, Math.max(bottom, fill.price)))];
      const d = up ? `M${px} ${py + 3}l6 10h-12Z` : `M${px} ${py - 3}l6 -10h-12Z`;
      return svg(
        'path',
        { class: `fill ${up ? 'buy' : 'sell'}`, d },
        svg('title', {}, `${fill.opened ? 'Opened' : 'Closed'} at ${price(fill.price)}`),
      );
    });
  }

  #levels({ y, right, bottom, top }) {
    return this.#data.levels
      .filter(({ price: value }) => value > bottom && value < top)
      .map(({ price: value, label }) =>
        svg('g', { class: 'level' }, svg('path', { d: `M0 ${y(value)}H${right}` }), svg('text', { x: 6, y: y(value) - 4 }, label)),
      );
  }

  #now(last, { y, right }, width) {
    const value = last.mark ?? last.close;
    const at = Math.round(y(value)) + 0.5;
    return [
      svg('path', { class: 'now', d: `M4 ${at}H${right}` }),
      svg('rect', { class: 'tag', x: right + 2, y: at - 10, width: width - right - 2, height: 20, rx: 4 }),
      svg('text', { class: 'tag-text', x: right + 8, y: at + 4 }, price(value)),
    ];
  }
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough);
}

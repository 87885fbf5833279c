// A price's way in a hand's breadth.

/** A sparkline's path in a box of 100 by 28. */
export function spark(trail) {
  if (trail.length < 2) return 'M0 14H100';
  const marks = trail.map(({ mark }) => mark);
  const [low, high] = [Math.min(...marks), Math.max(...marks)];
  // A price that hardly moves looks as if it hardly moved.
  const room = Math.max(high - low, high * 0.004);
  const y = (mark) => (26 - ((mark - (low + high) / 2 + room / 2) / room) * 24).toFixed(1);
  const [begin, end] = [trail[0].at, trail.at(-1).at];
  const x = (at) => (((at - begin) / Math.max(1, end - begin)) * 100).toFixed(1);
  return trail.map(({ at, mark }, n) => `${n ? 'L' : 'M'}${x(at)} ${y(mark)}`).join('');
}

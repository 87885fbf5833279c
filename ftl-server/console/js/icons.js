// Signs of the navigation, drawn in lines.

import { svg } from './dom.js';

const PATHS = {
  stadium: 'M3 8.5C3 6 7 4 12 4s9 2 9 4.500-4 4.500-9 4.500-9-2-9-4.500zM3 8.500V15c0 2.500 4 4.500 9 4.500s9-2 9-4.500V8.500M12 13v6.500',
  portfolio: 'M4 8h16v11H4zM9 8V5h6v3M4 13h16',
  ledger: 'M6 4h12v16H6zM9 8h6M9 12h6M9 16h3',
  ranks: 'M5 20V12h4v8M10 20V5h4v15M15 20v-6h4v6',
  activity: 'M3 12h4l3-7 4 14 3-7h4',
  operator: 'M5 7h8M17 7h2M5 17h2M11 17h8M15 5v4M9 15v4',
  light:
    'M12 8a4 4 0 100 8 4 4 0 000-8zM12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600L7 7M17 17l1.400 1.400M5.600 18.400L7 17M17 7l1.400-1.400',
  dark: 'M20 14.500A8 8 0 119.500 4a6.500 6.500 0 0010.500 10.500z',
  leave: 'M14 5H5v14h9M10 12h10M17 9l3 3-3 3',
  ball: 'M12 3a9 9 0 100 18 9 9 0 000-18zM12 8l3.500 2.500-1.300 4h-4.400l-1.300-4zM12 3v5M15.500 10.500l5-1.500M14.200 14.500l3 4.500M9.800 14.500l-3 4.500M8.500 10.500l-5-1.500',
  card: 'M8 4h8v16H8z',
  swap: 'M7 4v13M4 14l3 3 3-3M17 20V7M14 10l3-3 3 3',
  eye: 'M2.500 12S6 6 12 6s9.500 6 9.500 6-3.500 6-9.500 6-9.500-6-9.500-6zM12 9.500a2.500 2.500 0 100 5 2.500 2.500 0 000-5z',
  clock: 'M12 4a8 8 0 100 16 8 8 0 000-16zM12 8v4l3 2',
  trade: 'M4 8h14M15 5l3 3-3 3M20 16H6M9 13l-3 3 3 3',
};

export const icon = (name) =>
  svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] ?? PATHS.clock }));

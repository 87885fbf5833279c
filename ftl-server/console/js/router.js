// From the address behind the # to a screen; one screen at a time.

const routes = [];

/** `pattern` is "match/:fixture/:instrument?"; `open` makes a screen: `{ node, title, close? }`. */
export function route(pattern, open) {
  const names = [];
  const source = pattern.replace(/\/:(\w+)(\?)?/g, (_, name, optional) => {
    names.push(name);
    return optional ? '(?:/([^/]+))?' : '/([^/]+)';
  });
  routes.push({ match: new RegExp(`^${source}$`), names, open });
}

let current = null;

/** Shows what the address names in `place`; the first time without moving the focus. */
export function follow(place, otherwise, onChange) {
  const go = (_, first = false) => {
    const path = location.hash.replace(/^#\/?/, '').split('?')[0];
    for (const { match, names, open } of routes) {
      const found = match.exec(path);
      if (!found) continue;
      const params = Object.fromEntries(names.map((name, n) => [name, found[n + 1] && decoded(found[n + 1])]));
      // A screen that stays is told of its new parameters.
      if (current?.open === open && current.screen.change?.(params)) {
        onChange(path);
        return;
      }
      current?.screen.close?.();
      const screen = open(params);
      current = { open, screen };
      place.replaceChildren(screen.node);
      document.title = `${screen.title} \u00b7 FTL`;
      onChange(path);
      if (!first) {
        scrollTo(0, 0);
        place.focus({ preventScroll: true });
      }
      return;
    }
    location.replace(`#/${otherwise}`);
  };
  addEventListener('hashchange', go);
  go(null, true);
  return () => {
    removeEventListener('hashchange', go);
    current?.screen.close?.();
    current = null;
  };
}

/** A mistyped address names something that there is not; it is no reason to stop. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const link = (...parts) => `#/${parts.map(encodeURIComponent).join('/')}`;

// Looks at the page as it is: what a person could not read, what moved by itself, what the policy stopped.
(() => {
  if (window.audit) return;
  const shifts = [];
  const violations = [];
  addEventListener('securitypolicyviolation', (event) =>
    violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`),
  );
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.hadRecentInput)
        shifts.push({
          value: entry.value,
          of: entry.sources.map(({ node }) => `${node?.nodeName} ${node?.className?.baseVal ?? node?.className ?? node?.textContent}`),
        });
    }
  }).observe({ type: 'layout-shift', buffered: false });

  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  function rgba(color) {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }
  const over = (top, bottom) => [0, 1, 2].map((n) => top[n] * top[3] + bottom[n] * (1 - top[3])).concat(1);
  const luminance = (color) => {
    const [red, green, blue] = color
      .slice(0, 3)
      .map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  function background(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      layers.push(color);
      if (color[3] === 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  }
  // A label in a drawing may stand on a shape that was drawn before it.
  function behind(text) {
    const box = text.getBoundingClientRect();
    const shapes = [...text.ownerSVGElement.querySelectorAll('rect')].filter((shape) => {
      const around = shape.getBoundingClientRect();
      return around.left <= box.left && around.right >= box.right && around.top <= box.top + 3 && around.bottom >= box.bottom - 3;
    });
    const below = background(text.ownerSVGElement);
    return shapes.length ? over(rgba(getComputedStyle(shapes.at(-1)).fill), below) : below;
  }

  function contrast() {
    const bad = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const text = walker.currentNode.textContent.trim();
      if (
        !text ||
        /^(SCRIPT|STYLE|NOSCRIPT|TITLE|OPTION)$/i.test(element.tagName) ||
        element.closest(':disabled, .unseen, .skip') ||
        !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
      )
        continue;
      const style = getComputedStyle(element);
      if (parseFloat(style.fontSize) === 0) continue;
      const drawn = element instanceof SVGElement;
      const ground = drawn ? behind(element) : background(element);
      const color = over(rgba(drawn ? style.fill : style.color), ground);
      const size = parseFloat(style.fontSize);
      const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      const found = ratio(color, ground);
      if (found < wanted)
        bad.push(`${found.toFixed(2)} ${text.slice(0, 40)} (${element.tagName} ${style.color} on ${ground.map(Math.round)})`);
    }
    return [...new Set(bad)];
  }

  const wide = (screen) =>
    document.documentElement.scrollWidth > screen ? [`the page is ${document.documentElement.scrollWidth} wide`] : [];
  // Whether a press in its middle would reach it.
  function free(selector) {
    const element = document.querySelector(selector);
    element?.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = element?.getBoundingClientRect();
    return Boolean(box && element.contains(document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)));
  }

  window.audit = {
    free,
    contrast,
    wide,
    violations,
    still: () => {
      shifts.length = 0;
      return true;
    },
    shifts: () => shifts.filter(({ value }) => value > 0.0005),
  };
})();

// Elements: made, put in order, changed in place. Text is always text; no markup is ever parsed.

const SVG = 'http://www.w3.org/2000/svg';

/** An element: `on` holds listeners, everything else is an attribute. */
export function h(name, props = {}, ...children) {
  return build(document.createElement(name), props, children);
}

/** The same for drawings. */
export function svg(name, props = {}, ...children) {
  return build(document.createElementNS(SVG, name), props, children);
}

function build(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else set(element, name, value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Changes an attribute if it is another. */
export function set(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? '' : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Changes a text if it is another, so that nothing is laid out or read aloud for nothing. */
export function say(element, text) {
  const wanted = text ?? '';
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Shows or hides. */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/** One element for each item, kept where the key is the same: focus and scroll stay where they are. */
export function keyed(container, items, keyOf, make, update) {
  const before = new Map([...container.children].map((child) => [child.dataset.key, child]));
  let place = container.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let element = before.get(key);
    if (element) before.delete(key);
    else {
      element = make(item);
      element.dataset.key = key;
    }
    update?.(element, item);
    if (element === place) place = place.nextElementSibling;
    else container.insertBefore(element, place);
  }
  for (const gone of before.values()) gone.remove();
}

let next = 0;
/** An id that no other element has. */
export const fresh = (name) => `${name}-${(next += 1)}`;

/** A labelled field: label, control, and a line of help below it. */
export function field(label, control, help) {
  const id = control.id || fresh('field');
  control.id = id;
  if (!control.name) control.name = id;
  const line = help ? h('p', { class: 'help', id: `${id}-help` }, help) : null;
  if (line) set(control, 'aria-describedby', line.id);
  return h('div', { class: 'field' }, h('label', { for: id }, label), control, line);
}

/** A choice of a few, as radio buttons that look like one switch. */
export function choice(legend, options, chosen, onChange, { quiet = true } = {}) {
  const name = fresh('choice');
  const inputs = options.map(([value, text]) => {
    const input = h('input', { type: 'radio', name, value, checked: value === chosen, on: { change: () => onChange(value) } });
    return h('label', { class: 'option', 'data-value': value }, input, h('span', {}, text));
  });
  return h('fieldset', { class: 'choice' }, h('legend', { class: quiet ? 'unseen' : '' }, legend), ...inputs);
}

/** What is chosen in a `choice`. */
export const chosenIn = (fieldset) => fieldset.querySelector('input:checked')?.value;

/** At most once in `ms`, and once at the end. */
export function paced(ms, work) {
  let timer = null;
  let last = 0;
  const run = () => {
    timer = null;
    last = performance.now();
    work();
  };
  const ask = () => {
    timer ??= setTimeout(run, Math.max(0, last + ms - performance.now()));
  };
  ask.cancel = () => {
    clearTimeout(timer);
    timer = null;
  };
  return ask;
}

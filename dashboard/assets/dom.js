// What the page is drawn with. Text goes into the document as text only: names come from the cluster.

const SVG = "http://www.w3.org/2000/svg";

// An element with a class, and children that are elements or text; null is none.
export function make(tag, kind, ...children) {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

// A sentence as it begins a line. Of what is written as a name, a dash, a field, nothing changes.
export function capital(text) {
  const word = text.split(/[\s,;:]/, 1)[0];
  return /^[a-z]+$/.test(word) ? text[0].toUpperCase() + text.slice(1) : text;
}

// Set a text only where it differs: what stays as it is, is not drawn again, or read out.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// The server's clock in seconds: the browser's may be off.
let ahead = 0;
export function setClock(now) {
  ahead = now - Date.now() / 1000;
}
export function clock() {
  return Date.now() / 1000 + ahead;
}

// A time span as kubectl's AGE has it.
export function span(seconds) {
  const whole = Math.max(Math.floor(seconds), 0);
  const both = (large, small, one, two) => {
    const rest = Math.floor((whole % large) / small);
    return `${Math.floor(whole / large)}${one}${rest ? `\u00a0${rest}${two}` : ""}`;
  };
  if (whole < 120) return `${whole}\u00a0s`;
  if (whole < 600) return both(60, 1, "\u00a0min", "\u00a0s");
  if (whole < 10800) return `${Math.floor(whole / 60)}\u00a0min`;
  if (whole < 28800) return both(3600, 60, "\u00a0h", "\u00a0min");
  if (whole < 172800) return `${Math.floor(whole / 3600)}\u00a0h`;
  return both(86400, 3600, "\u00a0d", "\u00a0h");
}

// An element that tells how long until a time: `tick` keeps it true. `after`: what follows once it is over.
export function countdown(until, before, after) {
  const made = make("span", "countdown");
  Object.assign(made.dataset, { until, before, after });
  tell(made);
  return made;
}

// An element that tells since when.
export function age(since, before, after = "") {
  const made = make("span", "age");
  Object.assign(made.dataset, { since, before, after });
  made.title = new Date(since * 1000).toLocaleString();
  tell(made);
  return made;
}

function tell(element) {
  const { until, since, before, after } = element.dataset;
  if (since !== undefined) return say(element, `${before}${span(clock() - since)}${after}`);
  const left = Math.ceil(until - clock());
  return say(element, left > 0 ? `${before} ${span(left)}` : after);
}

// Keep what tells of time true: what counts down each second, ages now and then.
let ticks = 0;
export function tick() {
  document.querySelectorAll("[data-until]").forEach(tell);
  if (ticks++ % 10 === 0) document.querySelectorAll("[data-since]").forEach(tell);
}

// What marks a state beside its colour, so that none depends on seeing colours.
export const MARKS = { bad: "▲", moves: "◐", good: "●" };

// A bar of shares, [name, percent, place] each. The text beside it says the same, so readers pass it over.
export function bar(shares) {
  const made = make("span", "bar");
  made.setAttribute("aria-hidden", "true");
  fill(made, shares);
  return made;
}

// Have a bar show other shares; a part that stays changes its width smoothly.
export function fill(drawn, shares) {
  while (drawn.children.length > shares.length) drawn.lastChild.remove();
  shares.forEach(([, share, place], index) => {
    const part = drawn.children[index] ?? drawn.appendChild(make("span"));
    const kind = `share v${place % 8}`;
    if (part.className !== kind) part.className = kind;
    const grow = String(share);
    if (part.style.flexGrow !== grow) part.style.flexGrow = grow;
  });
}

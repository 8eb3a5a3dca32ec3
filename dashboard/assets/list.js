// The list: one item for each application, made once and kept true.
import { MARKS, age, bar, capital, countdown, fill, make, say } from "./dom.js";

export class List {
  constructor(element, address) {
    this.element = element;
    this.address = address; // from an id to the link of its details
    this.items = new Map();
    this.order = []; // ids, as they are shown
    this.shows = () => true;
    this.current = "";
  }

  get size() {
    return this.items.size;
  }

  row(id) {
    return this.items.get(id)?.row;
  }

  counts() {
    const found = { all: this.size, bad: 0, moves: 0, good: 0 };
    for (const { row } of this.items.values()) found[row.level]++;
    return found;
  }

  // Take over rows, and forget those that went. Returns what turned bad.
  take(rows, gone) {
    const turned = [];
    gone.forEach((id) => this.drop(id));
    const fresh = [];
    for (const row of rows) {
      const item = this.items.get(row.id) ?? this.add(row, fresh);
      if (item.row && row.level === "bad" && item.row.level !== "bad") turned.push(row);
      item.row = row;
      this.draw(item);
    }
    if (fresh.length) this.place(fresh);
    return turned;
  }

  // Show those that a test lets through. Returns how many.
  filter(shows) {
    this.shows = shows;
    let shown = 0;
    for (const { row, li } of this.items.values()) {
      li.hidden = !shows(row);
      if (!li.hidden) shown++;
    }
    return shown;
  }

  // Mark the one whose details are shown.
  select(id) {
    this.items.get(this.current)?.link.removeAttribute("aria-current");
    this.current = id;
    const item = this.items.get(id);
    item?.link.setAttribute("aria-current", "true");
    this.reach(item);
  }

  // Move the keyboard's focus by so many of the items that are shown; to the first where none has it.
  move(step) {
    const shown = this.order.map((id) => this.items.get(id)).filter((item) => !item.li.hidden);
    const at = shown.findIndex((item) => item.link === document.activeElement);
    const next = shown[Math.min(Math.max(at < 0 ? 0 : at + step, 0), shown.length - 1)];
    this.reach(next);
    next?.link.focus();
    next?.li.scrollIntoView({ block: "nearest" });
  }

  // One item only is a stop of the Tab key; arrows lead to the others.
  reach(item) {
    if (!item) return;
    if (this.stop) this.stop.tabIndex = -1;
    this.stop = item.link;
    this.stop.tabIndex = 0;
  }

  add(row, fresh) {
    const [namespace, name] = row.id.split("/");
    const link = make("a", "name", name);
    link.href = this.address(row.id);
    link.tabIndex = -1;
    const item = { row: null, link, bar: bar([]), state: make("span"), shares: make("span", "shares") };
    item.note = make("p", "note");
    item.li = make(
      "li",
      "item",
      make("div", "who", link, make("span", "space", namespace)),
      item.state,
      make("div", "split", item.bar, item.shares),
      item.note,
    );
    this.items.set(row.id, item);
    if (!this.stop) this.reach(item);
    fresh.push(row.id);
    return item;
  }

  drop(id) {
    const item = this.items.get(id);
    if (!item) return;
    this.items.delete(id);
    this.order = this.order.filter((each) => each !== id);
    item.li.remove();
    if (this.stop === item.link) {
      this.stop = null;
      this.reach(this.items.get(this.order[0]));
    }
  }

  // Put new items where they belong: all at once, since each place costs a look at the order.
  place(fresh) {
    this.order = [...this.order, ...fresh].sort((one, other) => (one < other ? -1 : 1));
    let before = null;
    const news = new Set(fresh);
    for (const id of [...this.order].reverse()) {
      const { li } = this.items.get(id);
      if (news.has(id)) this.element.insertBefore(li, before);
      before = li;
    }
  }

  draw(item) {
    const { row } = item;
    const hidden = !this.shows(row);
    if (item.li.hidden !== hidden) item.li.hidden = hidden;
    const kind = `state ${row.level}`;
    if (item.state.className !== kind) item.state.className = kind;
    say(item.state, `${MARKS[row.level]} ${row.state}`);
    const versions = row.versions.map((version, place) => ({ ...version, place }));
    fill(item.bar, versions.filter((each) => each.weight).map((each) => [each.name, each.weight, each.place]));
    item.shares.replaceChildren(...versions.map(legend));
    item.note.replaceChildren(...note(row));
  }
}

// A version and its share, with its colour's square: "httpbin-1 20 %".
export function legend(version) {
  const told = [`${version.weight} %`];
  if (version.copies) told.push(`copies of ${version.copies} %`);
  if (version.matched) told.push("its match");
  const square = make("span", `square v${version.place % 8}`);
  const name = make("b", "", version.name);
  const state = version.state === "ready" ? null : make("i", `is-${version.state}`, version.state);
  return make("span", "version", square, name, ` ${told.join(", ")} `, state);
}

// What is to be said beside the split: its countdowns, its steps, a sentence.
function note(row) {
  const said = [];
  for (const version of row.versions) {
    if (version.drains) {
      said.push(countdown(version.drains, `${version.name} drains,`, `${version.name} is let go`));
    }
    if (version.settles) {
      said.push(countdown(version.settles, `${version.name} comes in within`, `${version.name} comes in`));
    }
  }
  if (row.rollout && row.sentence !== row.rollout.message) said.push(make("span", "step", steps(row.rollout)));
  if (row.rollout?.ends) said.push(countdown(row.rollout.ends, "Step ends in", "Step is over"));
  if (row.override) said.push(make("span", "step", "weights overridden"));
  if (row.level !== "good") said.push(make("span", "why", capital(row.sentence)));
  else if (row.since) said.push(age(row.since, "So for "));
  return said.flatMap((each, index) => (index ? [" ", each] : [each]));
}

// A rollout in a sentence, or at least in a few words: "Stepping, step 2".
export function steps(told) {
  if (told.message) return String(told.message);
  const words = [told.phase, told.step === undefined ? "" : `step ${told.step}`];
  return words.filter(Boolean).join(", ") || "in steps";
}

// The panel: all that is told of one application.
import { MARKS, age, bar, capital, clock, countdown, make, shape, span } from "./dom.js";
import { steps } from "./list.js";

const WIDE = 1000;
const HIGH = 56;
const SAID = ["message", "reason", "wish"]; // of a rollout: what the sentence says, or nobody wants to read

// The contents of the panel, from what the server tells of an application.
export function panel(told) {
  return [
    verdict(told),
    split(told),
    make("h3", "", "Versions"),
    make("ul", "versions", ...told.versions.map((version, place) => oneVersion(version, place))),
    ...section("Next", told.next.map(happening), "Nothing, until somebody changes something."),
    ...rollout(told),
    ...override(told),
    ...passed(told),
    ...section("Conditions", told.conditions.map(condition), "None yet: Teal has told nothing."),
    ...events(told.events),
  ];
}

function verdict(told) {
  const state = make("span", `state ${told.level}`, `${MARKS[told.level]} ${told.state}`);
  const seen = told.generation <= told.observedGeneration ? "" : " As it was before its last change.";
  return make("p", "verdict", state, ` ${told.strategy} in ${told.namespace}. `, `${capital(told.sentence)}.${seen}`);
}

function split(told) {
  const shares = told.versions.map((each, place) => [each.name, each.weight, place]).filter((each) => each[1]);
  const drawn = bar(shares);
  drawn.classList.add("large");
  const text = shares.map(([name, share]) => `${name} ${share} %`).join(", ");
  return make("div", "now", drawn, make("p", "", text || "Nothing is routed."));
}

function oneVersion(version, place) {
  const role = !version.listed ? "not listed" : place ? "candidate" : "primary";
  const gets = [`${version.weight} %`];
  if (version.copies) gets.push(`copies of ${version.copies} %`);
  if (version.matched) gets.push("what its match picks");
  const reason = version.reason && version.reason.toLowerCase() !== version.state ? ` (${version.reason})` : "";
  const level = { ready: "good", absent: "dim" }[version.state] ?? "moves";
  const since = Date.parse(version.stateSince) / 1000;
  const until = Date.parse(version.drainingUntil) / 1000;
  return make(
    "li",
    "",
    make("p", "head", make("span", `square v${place % 8}`), make("b", "", version.name), ` ${role}, gets ${gets.join(", ")}`),
    make(
      "p",
      "",
      make("span", `word ${level}`, `${version.state}${reason}`),
      since ? age(since, " for ") : null,
      `; ${version.readyEndpoints} ready ${version.readyEndpoints === 1 ? "endpoint" : "endpoints"}: ${version.sentence}.`,
    ),
    until ? make("p", "", countdown(until, "drains,", "has drained")) : null,
    version.remedy ? make("p", "remedy", "To mend: ", version.remedy.replaceAll("`", "")) : null,
  );
}

function section(title, items, none) {
  return [make("h3", "", title), items.length ? make("ul", "", ...items) : make("p", "dim", none)];
}

function happening(each) {
  const at = Date.parse(each.at) / 1000;
  return make("li", "", at ? countdown(at, "in", "now") : null, at ? ": " : "", each.what);
}

// Steps and evidence, in whatever words the status has them.
function rollout({ rollout: told, sentence }) {
  if (!Object.keys(told).length) return [];
  const lists = Object.entries(told).filter(([, value]) => Array.isArray(value));
  const words = Object.entries(told).filter(([name, value]) => !Array.isArray(value) && !SAID.includes(name));
  return [
    make("h3", "", "Rollout"),
    make("p", "", told.message === sentence ? "" : capital(steps(told))),
    make("dl", "", ...words.flatMap(([name]) => [make("dt", "", name), make("dd", "", value(told[name]))])),
    ...lists.filter(([, rows]) => rows.length).map(([name, rows]) => table(name, rows)),
  ];
}

function table(name, rows) {
  const columns = [...new Set(rows.flatMap(Object.keys))];
  const head = make("tr", "", ...columns.map((column) => header(column)));
  const body = rows.map((row) => make("tr", "", ...columns.map((column) => make("td", "", value(row[column])))));
  return scrolls(make("table", "", make("caption", "", name), make("thead", "", head), make("tbody", "", ...body)));
}

// A word or number of the status; a time as how long ago it was.
function value(told) {
  const time = /^\d{4}-\d\d-\d\dT/.test(told) ? Date.parse(told) / 1000 : 0;
  return time ? age(time, "", " ago") : String(told ?? "");
}

function header(text) {
  const made = make("th", "", text);
  made.scope = "col";
  return made;
}

// A table may be wider than the panel: then it is scrolled, by keys too.
function scrolls(drawn) {
  const made = make("div", "scrolls", drawn);
  made.tabIndex = 0;
  made.setAttribute("role", "region");
  made.setAttribute("aria-label", drawn.caption.textContent);
  return made;
}

function override(told) {
  if (!told.override && !told.overrideFault) return [];
  const back = make("code", "", `teal weights ${told.name} --reset`);
  return [
    make("h3", "", "Override"),
    told.override
      ? make("p", "", `${told.override}, by the WeightOverride ${told.name}; `, back, " takes it back.")
      : null,
    told.overrideFault ? make("p", "bad-text", told.overrideFault) : null,
  ].filter(Boolean);
}

// The splits over time as a picture, then who changed what, newest first.
function passed(told) {
  const places = new Map(told.versions.map((version, place) => [version.name, place]));
  const place = (name) => places.get(name) ?? 7;
  const items = told.changes.map((change) =>
    make(
      "li",
      change.shares.length ? "is-split" : "",
      change.at ? age(change.at, "", " ago") : make("span", "age", "-"),
      make("b", "", change.who),
      change.shares.length ? bar(change.shares.map(([name, share]) => [name, share, place(name)])) : null,
      make("span", "what", change.shares.length ? text(change.shares) : change.what),
    ),
  );
  return [
    make("h3", "", "Timeline"),
    ...picture(told.splits, place),
    items.length ? make("ul", "changes", ...items) : make("p", "dim", "Nothing is known of what was before."),
  ];
}

function text(shares) {
  return `split ${shares.map(([name, share]) => `${name} ${share} %`).join(", ")}`;
}

function picture(splits, place) {
  if (!splits.length) return [];
  const now = clock();
  const first = splits[0].at;
  const whole = Math.max(now - first, 0.001);
  const drawn = shape("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  splits.forEach((each, index) => {
    const begin = ((each.at - first) / whole) * WIDE;
    const end = (((splits[index + 1]?.at ?? now) - first) / whole) * WIDE;
    let top = 0;
    for (const [name, share] of each.shares) {
      const high = (share * HIGH) / 100;
      const width = Math.max(end - begin, 1.5);
      drawn.append(shape("rect", { x: begin, y: top, width, height: high, class: `v${place(name) % 8}` }));
      top += high;
    }
  });
  const scale = make("p", "scale", make("span", "", `${span(now - first)} ago`), make("span", "", "now"));
  return [make("div", "picture", drawn, scale)];
}

function condition(each) {
  const bad = (each.status === "True") === ["Conflict", "Degraded"].includes(each.type);
  const since = Date.parse(each.lastTransitionTime) / 1000;
  return make(
    "li",
    "",
    make("b", "", each.type),
    make("span", bad ? "bad-text" : "", ` ${each.status}, ${each.reason}`),
    since ? age(since, " for ") : null,
    each.message ? `: ${each.message}` : "",
  );
}

function events(told) {
  if (told === null) {
    return [make("h3", "", "Events"), make("p", "dim", "They may not be read by this account.")];
  }
  const items = [...told].reverse().map((event) => {
    const at = Date.parse(event.at) / 1000;
    return make(
      "li",
      "",
      at ? age(at, "", " ago ") : null,
      make("b", event.type === "Warning" ? "bad-text" : "", event.reason),
      `: ${event.message}${event.count > 1 ? ` (${event.count} times)` : ""}`,
    );
  });
  return section("Events", items, "None; the API server keeps them for an hour, mostly.");
}

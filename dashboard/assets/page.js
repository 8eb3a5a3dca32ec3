// Put together: the stream, the list, the panel, the address. Every state of the page has an address.
import { make, say, setClock, tick } from "./dom.js";
import { panel } from "./details.js";
import { List } from "./list.js";

const AGAIN_MS = 5000;
const SOON_MS = 300;
const HEALTH_MS = 15000;
const FILTERS = { all: "All", bad: "Need somebody", moves: "On their way", good: "At rest" };

const at = (id) => document.getElementById(id);
const list = new List(at("applications"), (id) => address({ ...place, open: id }));
let place = { open: "", show: "all", find: "" };
let pending = [];
let heard = false;
let wanted = 0; // which of several looks at details was the last to be asked for
let drawn = ""; // the details as they are shown: what is the same is not drawn again
let known = { live: false, why: "" };

// From the address, and back. "#/namespace/name?show=bad&find=shop"
function read() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const asked = new URLSearchParams(query);
  const show = asked.get("show") in FILTERS ? asked.get("show") : "all";
  return { open: decodeURIComponent(path), show, find: asked.get("find") ?? "" };
}

function address({ open, show, find }) {
  const asked = new URLSearchParams();
  if (show !== "all") asked.set("show", show);
  if (find) asked.set("find", find);
  const query = asked.toString();
  return `#/${open}${query ? `?${query}` : ""}`;
}

function go(change) {
  history.replaceState(null, "", address({ ...place, ...change }));
  follow();
}

// Have the page be as the address says.
function follow() {
  const before = place;
  place = read();
  if (at("find").value !== place.find) at("find").value = place.find;
  at("close").href = address({ ...place, open: "" });
  for (const item of list.items.values()) item.link.href = address({ ...place, open: item.row.id });
  sift();
  list.select(place.open);
  document.body.classList.toggle("opened", Boolean(place.open));
  at("panel").hidden = !place.open;
  document.title = place.open ? `${place.open} · Teal` : "Teal";
  if (place.open === before.open) return;
  drawn = "";
  at("panel-told").replaceChildren(make("p", "dim", "…"));
  say(at("panel-name"), place.open.split("/")[1] ?? "");
  if (place.open) {
    look();
    at("panel-name").focus({ preventScroll: true });
    at("panel").scrollTop = 0;
  } else {
    list.items.get(before.open)?.link.focus({ preventScroll: true });
  }
}

function sift() {
  const words = place.find.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = list.filter((row) => {
    if (place.show !== "all" && row.level !== place.show) return false;
    if (!words.length) return true;
    const text = `${row.id} ${row.state} ${row.versions.map((each) => each.name).join(" ")}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const counts = list.counts();
  for (const button of at("filters").children) {
    button.setAttribute("aria-pressed", String(button.dataset.show === place.show));
    say(button.lastChild, String(counts[button.dataset.show]));
  }
  const none = at("none");
  none.hidden = !heard || shown > 0;
  say(none, list.size ? "None of the applications is so." : "There is no application yet: a Routemap makes one.");
}

function listen() {
  const stream = new EventSource("api/stream");
  stream.onmessage = ({ data }) => {
    if (!pending.length) requestAnimationFrame(take);
    pending.push(JSON.parse(data));
    if (document.hidden) take(); // no frame is drawn, and none comes
  };
  stream.onerror = () => {
    known = { live: false, why: "" };
    tellLive(stream.readyState === EventSource.CLOSED ? "ended" : "connection lost");
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
  };
}

// Take all that has come since the last frame.
function take() {
  const news = pending;
  pending = [];
  const turned = [];
  for (const { first, now, watch, rows, gone } of news) {
    setClock(now);
    const there = first ? new Set(rows.map((row) => row.id)) : null;
    const left = first ? [...list.items.keys()].filter((id) => !there.has(id)) : [];
    const bad = list.take(rows, [...gone, ...left]);
    if (heard) turned.push(...bad);
    if (watch) known = watch;
    heard ||= known.live;
    if (rows.some((row) => row.id === place.open) || gone.includes(place.open)) soon();
  }
  if (news.length) {
    tellLive(known.live ? "live" : "not heard of");
    sift();
    list.select(place.open);
  }
  if (turned.length) {
    say(at("said"), turned.slice(0, 3).map((row) => `${row.id} is ${row.state}`).join(", "));
  }
}

function tellLive(word) {
  const live = word === "live";
  at("live").className = `pill ${live ? "good" : "bad"}`;
  say(at("live"), live ? "● live" : `▲ ${word}`);
  at("why").hidden = live || !known.why;
  say(at("why"), known.why);
}

let later = 0;
function soon() {
  clearTimeout(later);
  later = setTimeout(look, SOON_MS);
}

// Ask for the details of the application that is open.
async function look() {
  const { open } = place;
  if (!open || document.hidden) return;
  const turn = ++wanted;
  const [told, error] = await asked(`api/applications/${open.split("/").map(encodeURIComponent).join("/")}`);
  if (turn !== wanted) return;
  const text = JSON.stringify(told ?? error);
  if (text === drawn) return;
  drawn = text;
  at("panel-told").replaceChildren(...(told ? panel(told) : [make("p", "bad-text", error)]));
}

async function asked(path) {
  try {
    const answer = await fetch(path);
    const told = await answer.json();
    return answer.ok ? [told, ""] : [null, told.error];
  } catch {
    return [null, "The page's server does not answer: is `teal dashboard` still running?"];
  }
}

async function lookAtTeal() {
  const [told, error] = document.hidden ? [null, ""] : await asked("api/health");
  if (told) {
    const worst = ["bad", "warning", "unknown", "ok"].find((word) => told.verdicts.some((each) => each.judged === word));
    const level = { ok: "good", bad: "bad" }[worst] ?? "moves";
    at("health").className = `pill ${level}`;
    say(at("health"), `Teal: ${{ ok: "well", bad: "not well", warning: "in part", unknown: "not readable" }[worst]}`);
    at("teal-told").replaceChildren(...tealTold(told));
  } else if (error) {
    say(at("health"), "Teal: ?");
  }
}

function tealTold({ verdicts, refusals, unread }) {
  const judged = verdicts.map((each) =>
    make("li", "", make("b", "", each.check), ` ${each.judged}: ${each.evidence}`, each.remedy ? make("span", "remedy", ` To mend: ${each.remedy}`) : null),
  );
  const refused = (refusals ?? []).map(({ kind, rule, count }) => make("li", "", make("b", "", String(count)), ` ${kind}: ${rule}`));
  const none = refusals ? "The webhook has refused nothing since its pods began." : `Can't be read: ${unread}`;
  return [
    make("h2", "", "Teal itself"),
    make("ul", "", ...judged),
    make("h2", "", "Refused, by rule"),
    refused.length ? make("ul", "", ...refused) : make("p", "dim", none),
  ];
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "Escape" && at("teal").open) at("teal").open = false;
  else if (event.key === "Escape" && place.open) go({ open: "" });
  else if (event.key === "Escape" && typing) event.target.blur();
  else if (event.key === "/" && !typing) at("find").focus();
  else if (event.key === "ArrowDown" && (typing || inList(event))) list.move(typing ? 0 : 1);
  else if (event.key === "ArrowUp" && inList(event)) list.move(-1);
  else if (event.key === "j" && !typing) list.move(1);
  else if (event.key === "k" && !typing) list.move(-1);
  else return;
  event.preventDefault();
}

function inList(event) {
  return event.target instanceof Element && event.target.closest("#applications") !== null;
}

function begin() {
  for (const [show, title] of Object.entries(FILTERS)) {
    const button = make("button", `filter ${show}`, `${title} `, make("span", "count", "0"));
    button.type = "button";
    button.dataset.show = show;
    button.addEventListener("click", () => go({ show }));
    at("filters").append(button);
  }
  at("find").addEventListener("input", () => go({ find: at("find").value }));
  at("close").addEventListener("click", (event) => {
    event.preventDefault();
    go({ open: "" });
  });
  addEventListener("hashchange", follow);
  addEventListener("keydown", keys);
  document.addEventListener("visibilitychange", () => (document.hidden ? null : (look(), lookAtTeal())));
  asked("api/about").then(([told]) => {
    if (told) say(at("where"), `${told.namespace ? `namespace ${told.namespace}` : "all namespaces"} of ${told.cluster}`);
  });
  setInterval(tick, 1000);
  setInterval(look, AGAIN_MS);
  setInterval(lookAtTeal, HEALTH_MS);
  lookAtTeal();
  follow();
  listen();
}

begin();

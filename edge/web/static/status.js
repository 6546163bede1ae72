// The status page: what it shows comes as server-sent events, and as counts by hour once a minute.
import { drawHours, drawWeek, total } from "./charts.js";
import { VERDICTS, clock, decimal, element, follow, pairs, percent, problem, request, texts } from "./common.js";
import { showLiveView } from "./live_view.js";

const MOST_PASSES = 10;
const passes = new Map();
let people = "–";

function byId(id) {
  return document.getElementById(id);
}

function showStatus(status) {
  showLamp(status.lamp ?? "unknown");
  const problems = status.problem_kinds.map((one) => element("li", { class: "problem" }, ...problem(one)));
  byId("problems").replaceChildren(...(problems.length ? problems : [element("li", {}, texts.no_problems)]));
  people = status.people;
  showNow();
  showDevice(status);
  showLiveView(status.live_view_until);
}

function showLamp(lamp) {
  byId("lamp").dataset.lamp = lamp;
  setText(byId("lamp-text"), texts[`lamp_${lamp}`]);
}

// What was true a while ago is not shown as if it were so now.
function showLost() {
  byId("connection").classList.remove("on");
  setText(byId("connection"), texts.not_live);
  showLamp("unknown");
  byId("problems").replaceChildren(element("li", { class: "problem" }, texts.not_live));
  people = "–";
  showNow();
}

function showLive() {
  byId("connection").classList.add("on");
  setText(byId("connection"), texts.live);
}

// By what came first: those that were missed are asked for when others have come already.
function inOrder() {
  return [...passes.values()].sort((one, other) => one.position - other.position);
}

function showNow() {
  const last = inOrder().at(-1);
  const direction = texts[`direction_${last?.direction}`];
  pairs(byId("now"), [[texts.people, people, "big"],
    [texts.last_pass, last ? [texts[last.verdict], direction].filter(Boolean).join(", ") : "–"],
    [texts.time, last ? clock(last.wall_time) : "–"]]);
}

function showDevice(status) {
  const rests = [status.quiet && texts.quiet, status.muted && texts.muted].filter(Boolean);
  pairs(byId("device"), [
    [texts.fps, decimal(status.fps)],
    [texts.latency, span(status.latency_ms)], [texts.detect, span(status.detect_ms)], [texts.classify, span(status.classify_ms)],
    ...(status.temperature_c === null ? [] : [[texts.temperature, `${decimal(status.temperature_c)} °C`]]),
    [texts.broker, texts[`broker_${status.broker}`], status.broker === "disconnected" ? "problem" : ""],
    [texts.unsent, status.unsent],
    ...(status.oldest_unsent === null ? [] : [[texts.oldest_unsent, clock(status.oldest_unsent * 1000)]]),
    [texts.stored, status.stored], [texts.dropped, status.dropped],
    [texts.still_faces, status.still_faces],
    [texts.model, status.model || "–"],
    ...(rests.length ? [[texts.rests, rests.join(", ")]] : [])]);
}

function span({ p50, p95 }) {
  return p50 === null ? "–" : `${decimal(p50)} / ${decimal(p95)} ms`;
}

// A text that is set again is read out again.
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function addPass(event, position) {
  const known = passes.get(event.pass_id);
  if (known && known.revision > event.revision) return;
  passes.set(event.pass_id, { ...event, position: Math.min(position, known?.position ?? position) });
  for (const old of inOrder().slice(0, -MOST_PASSES)) passes.delete(old.pass_id);
  byId("passes").replaceChildren(...inOrder().reverse().map((one) => element("tr", {},
    element("td", {}, clock(one.wall_time)),
    element("td", { class: one.verdict }, texts[one.verdict] + (one.revision ? ` (${texts.revised})` : "")),
    element("td", {}, texts[`direction_${one.direction}`] ?? ""))));
  showNow();
}

function showCounts(list, hours) {
  const sum = Object.fromEntries(VERDICTS.map((verdict) =>
    [verdict, hours.reduce((all, hour) => all + hour.verdicts[verdict], 0)]));
  const judged = total(sum) - sum.unsure;
  const seconds = (name) => hours.reduce((all, hour) => all + hour[name], 0);
  const minutes = (name) => `${Math.round(seconds(name) / 60)} ${texts.minutes}`;
  pairs(list, [[texts.passes, total(sum), "big"], [texts.compliance, percent(judged ? sum.compliant / judged : null), "big"],
    ...VERDICTS.map((verdict) => [texts[verdict], sum[verdict]]),
    [texts.watched, minutes("watched_s")], [texts.blind, minutes("blind_s")]]);
}

async function showHours() {
  const answer = await request("/api/summary?hours=167");
  // The stream tells where the server cannot be reached.
  if (!answer?.ok) return;
  const hours = await answer.json();
  const today = new Date().toDateString();
  showCounts(byId("today"), hours.filter((hour) => new Date(hour.start * 1000).toDateString() === today));
  showCounts(byId("hour"), hours.slice(-1));
  drawHours(byId("by-hour"), hours.slice(-24));
  drawWeek(byId("by-week"), hours);
}

async function showLastPasses() {
  const answer = await request("/api/events?newest=true&limit=20");
  if (answer?.ok) (await answer.json()).events.forEach((item) => addPass(item.event, item.position));
}

let waiting = 0;
function later() {
  // Counts follow within a second, however many events come at once.
  if (!waiting) waiting = setTimeout(() => { waiting = 0; showHours(); }, 1000);
}

follow({
  // What happened before it was open, or while it was not.
  open: () => { showLive(); showLastPasses(); showHours(); },
  error: () => { showLost(); showHours(); },
  status: (message) => showStatus(JSON.parse(message.data)),
  event: (message) => { addPass(JSON.parse(message.data), Number(message.lastEventId)); later(); },
});
setInterval(showHours, 60_000);

// What the pages share: texts, elements and formats.
export const texts = JSON.parse(document.getElementById("texts").textContent);
const chosen = document.documentElement.lang;
// Dates and numbers as the browser writes them, where it speaks the language of the page.
export const language = navigator.languages.find((one) => one.split("-")[0] === chosen) ?? chosen;
export const VERDICTS = ["compliant", "no_mask", "mask_incorrect", "unsure"];

const SVG = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function shape(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

// A problem in the language of the page; what the device itself says of it is English in every language.
export function problem({ kind, detail, number }) {
  const [before, after] = texts[`problem_${kind}`].replace("{number}", number).split("{detail}");
  return after === undefined ? [before] : [before, inEnglish(detail), after];
}

// What the device or the server says in English, in every language of the page.
export function inEnglish(sentence) {
  return element("span", { lang: "en" }, sentence);
}

// The server's answer; null where it cannot be reached. Who is logged out is led to where one logs in.
export async function request(path, options = {}) {
  const answer = await fetch(path, options).catch(() => null);
  if (answer?.status === 401) location.assign("/login");
  return answer;
}

// What is wrong, for people; an answer of something in between, such as a proxy, does not say.
export async function detail(answer) {
  if (answer === null) return texts.no_answer;
  const found = await answer.json().catch(() => null);
  return found?.detail ? inEnglish(found.detail) : `${texts.no_answer} (${answer.status})`;
}

const AGAIN_MS = 5000;

// The device's events. A browser comes back by itself to a stream that was cut off, and not to one that was refused.
export function follow(listeners) {
  const source = new EventSource("/api/events/stream");
  for (const [name, listener] of Object.entries(listeners)) source.addEventListener(name, listener);
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(() => follow(listeners), AGAIN_MS);
  });
}

export function decimal(number) {
  return number === null ? "–" : number.toLocaleString(language, { maximumFractionDigits: 1 });
}

export function percent(share) {
  return share === null ? "–" : share.toLocaleString(language, { style: "percent", maximumFractionDigits: 1 });
}

export function clock(time) {
  const date = new Date(time), today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(language, { timeStyle: "medium", ...(today ? {} : { dateStyle: "short" }) });
}

export function pairs(list, rows) {
  list.replaceChildren(...rows.flatMap(([name, value, style]) =>
    [element("dt", {}, name), element("dd", style ? { class: style } : {}, String(value))]));
}

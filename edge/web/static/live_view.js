// The live view: one picture after the other while it is on, and the switch. The device tells whether it is on.
import { clock, detail, request, texts } from "./common.js";

const EVERY_MS = 400, AGAIN_MS = 2000;
const notice = document.getElementById("live-notice");
const button = document.getElementById("live-switch");
const picture = document.getElementById("live-picture");
const problem = document.getElementById("live-problem");
let until = null, timer = 0, ending = false;

export function showLiveView(end) {
  if (end === until) return;
  until = end;
  ending = false;
  notice.hidden = until === null;
  notice.textContent = until === null ? "" : texts.live_view_notice.replace("{time}", clock(until * 1000));
  // Where the page may not switch it on, it tells of it all the same.
  if (!button) return;
  button.disabled = false;
  button.textContent = until === null ? texts.live_view_on : texts.live_view_off;
  // Until there is one: a frame without a picture would look broken.
  picture.hidden = true;
  if (until === null) picture.removeAttribute("src");
  ask(0);
}

function ask(ms) {
  clearTimeout(timer);
  // A page that nobody sees asks for nothing, nor one whose time is about to end.
  timer = setTimeout(() => {
    const wanted = until !== null && !ending && !document.hidden && Date.now() / 1000 < until - 1;
    if (wanted) picture.src = `/api/view?${Date.now()}`;
  }, ms);
}

async function press() {
  button.disabled = true;
  problem.hidden = true;
  ending = until !== null;
  const answer = await request("/api/view", { method: until === null ? "POST" : "DELETE" });
  if (answer?.ok) return;
  problem.replaceChildren(await detail(answer));
  problem.hidden = button.disabled = ending = false;
}

if (button) {
  button.addEventListener("click", press);
  picture.addEventListener("load", () => { picture.hidden = until === null; ask(EVERY_MS); });
  picture.addEventListener("error", () => { picture.hidden = true; ask(AGAIN_MS); });
  document.addEventListener("visibilitychange", () => ask(0));
}

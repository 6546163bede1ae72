// The steps of an installer. The device measures and moves; here is asked, and what was found is listed.
import { detail, element, follow, inEnglish, request, texts } from "./common.js";
import { showLiveView } from "./live_view.js";

const SECONDS = 10;
const byId = (id) => document.getElementById(id);

async function ask(path, method = "GET", body = undefined) {
  const answer = await request(`/api/commission${path}`, {
    method, body: body && JSON.stringify(body), headers: body ? { "Content-Type": "application/json" } : {} });
  byId("message").replaceChildren(answer?.ok ? "" : await detail(answer));
  if (!answer?.ok) throw new Error(byId("message").textContent);
  return answer.status === 204 ? null : answer.json();
}

// A button rests while what it asked for is under way; why it failed is told above.
function onClick(button, work, rests = () => false) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    try { await work(); } catch { /* told */ }
    button.disabled = rests();
  });
}

function line({ check, level, text, fix }) {
  return element("li", { class: level }, `${texts[`level_${level}`]}: `,
    inEnglish(`${check}: ${text}${fix ? `; ${fix}` : ""}`));
}

function list(node, findings) {
  node.replaceChildren(...findings.map(line));
}

async function showFindings() {
  const sections = await ask("");
  byId("findings").replaceChildren(...sections.flatMap(({ title, findings }) =>
    findings.length ? [element("h3", { lang: "en" }, title), element("ul", { class: "findings" }, ...findings.map(line))] : []));
}

async function measure() {
  for (let left = SECONDS; left > 0; left -= 1) {
    byId("measuring").textContent = `${left} s`;
    list(byId("sight"), await ask("/sight"));
    await new Promise((done) => setTimeout(done, 1000));
  }
  list(byId("sight"), await ask("/sight", "POST"));
  await showFindings();
}

function trial(node, start, rests) {
  const question = node.querySelector(".question");
  onClick(node.querySelector("button"), async () => {
    await start();
    question.hidden = false;
  }, rests);
  for (const button of question.querySelectorAll("button"))
    onClick(button, async () => {
      await ask("/answer", "POST", { check: node.dataset.check, good: button.dataset.good === "true" });
      question.hidden = true;
      await showFindings();
    });
}

onClick(byId("measure"), async () => {
  try { await measure(); } finally { byId("measuring").textContent = ""; }
});
for (const node of document.querySelectorAll(".trial[data-check^=lamp]"))
  trial(node, () => ask("/lamp", "POST", { lamp: node.querySelector("[data-lamp]").dataset.lamp }));
// Each time anew somebody has to look before the relay moves.
const notClear = () => !byId("clear").checked;
byId("clear").addEventListener("change", () => { byId("relay").disabled = notClear(); });
trial(document.querySelector(".trial[data-check=relay]"), async () => {
  byId("clear").checked = false;
  await ask("/relay", "POST", { way_is_clear: true });
}, notClear);
onClick(byId("send"), async () => {
  byId("sending").textContent = texts.sending;
  try { await ask("/event", "POST"); } finally { byId("sending").textContent = ""; }
  await showFindings();
});
onClick(byId("begin"), async () => {
  await ask("", "DELETE");
  byId("sight").replaceChildren();
  await showFindings();
});
follow({ status: (message) => showLiveView(JSON.parse(message.data).live_view_until) });
await showFindings();

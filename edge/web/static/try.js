// A picture is judged by the API and shown with boxes; eyes are pixelated here as everywhere.
import { detail, element, percent, request, shape, texts } from "./common.js";

const CLASSES = { with_mask: "compliant", without_mask: "no_mask", mask_worn_incorrectly: "mask_incorrect" };
const SQUARES = 5;
const form = document.getElementById("form"), file = document.getElementById("file");
const message = document.getElementById("message"), answers = document.getElementById("answers");

async function judge(picture) {
  message.textContent = texts.judging;
  const body = new FormData();
  body.append("file", picture);
  document.getElementById("seen").hidden = answers.hidden = true;
  const answer = await request("/api/predict", { method: "POST", body });
  if (!answer?.ok) { message.replaceChildren(await detail(answer)); return; }
  const found = await answer.json();
  document.getElementById("seen").hidden = false;
  message.textContent = found.faces.length ? "" : texts.no_face;
  answers.hidden = !found.faces.length;
  answers.replaceChildren(...found.faces.flatMap(describe));
  await draw(picture, found);
}

function describe(face, index) {
  const shares = Object.entries(face.probabilities).sort(([, a], [, b]) => b - a);
  const text = texts[face.prediction] ?? texts.unsure;
  return [element("h2", {}, `${texts.face} ${index + 1}: ${text} ${percent(face.confidence)}`),
    ...shares.map(([label, share]) => element("div", { class: "bar" }, element("span", {}, texts[label]),
      shape("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
        shape("rect", { class: "empty", width: 100, height: 8 }),
        shape("rect", { class: CLASSES[label], width: share * 100, height: 8 })),
      element("span", {}, percent(share))))];
}

async function draw(picture, found) {
  const canvas = document.getElementById("picture"), context = canvas.getContext("2d");
  const image = await createImageBitmap(picture);
  canvas.width = image.width;
  canvas.height = image.height;
  context.drawImage(image, 0, 0);
  context.imageSmoothingEnabled = false;
  for (const box of [...found.faces.map((face) => face.box), ...found.uncounted]) pixelate(canvas, context, box);
  found.faces.forEach(({ box, prediction }, index) => frame(canvas, context, box, prediction, index));
}

function pixelate(canvas, context, box) {
  const x = Math.max(0, box.x - .1 * box.w), y = Math.max(0, box.y - .25 * box.h);
  const w = Math.min(canvas.width - x, 1.2 * box.w), h = Math.min(canvas.height - y, .75 * box.h);
  if (w < 1 || h < 1) return;
  const small = document.createElement("canvas");
  small.width = SQUARES;
  small.height = Math.max(1, Math.round(SQUARES * h / w));
  small.getContext("2d").drawImage(canvas, x, y, w, h, 0, 0, small.width, small.height);
  context.drawImage(small, 0, 0, small.width, small.height, x, y, w, h);
}

function frame(canvas, context, box, prediction, index) {
  const size = Math.max(12, canvas.width / 40), colour = getComputedStyle(form).getPropertyValue(`--${CLASSES[prediction] ?? "unsure"}`);
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = Math.max(2, canvas.width / 300);
  context.strokeRect(box.x, box.y, box.w, box.h);
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.fillText(String(index + 1), box.x + 2, Math.max(size, box.y - 4));
}

file.addEventListener("change", () => file.files.length && judge(file.files[0]));
// So that choosing the same file again judges it again.
file.addEventListener("click", () => { file.value = ""; });
form.addEventListener("submit", (event) => event.preventDefault());
for (const name of ["dragenter", "dragover"])
  form.addEventListener(name, (event) => { event.preventDefault(); form.classList.add("over"); });
form.addEventListener("dragleave", () => form.classList.remove("over"));
form.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("over");
  if (event.dataTransfer.files.length) judge(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => event.clipboardData.files.length && judge(event.clipboardData.files[0]));

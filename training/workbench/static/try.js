// Brings pictures, videos and frames of the webcam to the workbench; what it makes of them comes back over its page.
// Everything is listened to at the document: the elements of the page come and go.
const FRAME_WIDTH = 960;
let stream = null;

const told = (text) => { document.getElementById("progress").textContent = text; };
const over = (event) => event.target.closest?.("#drop");

async function send(path, body, name) {
  const answer = await fetch(`${path}?name=${encodeURIComponent(name.slice(-100))}`, { method: "POST", body });
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.detail);
  return found.id;
}

async function take(file) {
  const isVideo = file.type.startsWith("video/") || file.type === "image/gif";
  const name = file.name || "the picture";
  told(`sending ${name}`);
  try {
    const id = await send(isVideo ? "/api/videos" : "/api/pictures", file, name);
    emitEvent(isVideo ? "bench-video" : "bench-picture", id);
  } catch (error) { emitEvent("bench-problem", error.message); }
  told("");
}

async function takeAll(list) {
  if (list.length) emitEvent("bench-begin");
  for (const file of list) await take(file);
}

async function openWebcam() {
  if (!navigator.mediaDevices) {
    emitEvent("bench-problem", "A browser gives the webcam to pages of this machine and of HTTPS only; see --cert-file.");
    return;
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
  } catch (error) {
    emitEvent("bench-problem", `The webcam cannot be opened: ${error.message}; connect one, or allow this page to use it.`);
    return;
  }
  const video = document.createElement("video"), canvas = document.createElement("canvas");
  emitEvent("bench-begin");
  video.muted = true;
  video.srcObject = stream;
  await video.play();
  showState();
  window.benchNextFrame = async () => {
    if (!stream) return;
    canvas.width = Math.min(FRAME_WIDTH, video.videoWidth);
    canvas.height = Math.round(canvas.width * video.videoHeight / video.videoWidth);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = await new Promise((done) => canvas.toBlob(done, "image/jpeg", .9));
    try { emitEvent("bench-frame", await send("/api/pictures", picture, "webcam")); }
    catch (error) { emitEvent("bench-problem", error.message); closeWebcam(); }
  };
  window.benchNextFrame();
}

window.benchCloseWebcam = closeWebcam;
function closeWebcam() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  showState();
}

function showState() { document.getElementById("webcam").textContent = stream ? "Close the webcam" : "Open the webcam"; }

document.addEventListener("change", ({ target }) => target.id === "files" && takeAll([...target.files]));
document.addEventListener("click", ({ target }) => {
  // So that choosing the same file again tries it again.
  if (target.id === "files") target.value = "";
  if (target.id === "webcam") stream ? closeWebcam() : openWebcam();
});
for (const name of ["dragenter", "dragover"])
  document.addEventListener(name, (event) => {
    const place = over(event);
    if (place) { event.preventDefault(); place.classList.add("over"); }
  });
document.addEventListener("dragleave", (event) => over(event)?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  const place = over(event);
  if (!place) return;
  event.preventDefault();
  place.classList.remove("over");
  takeAll([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => takeAll([...event.clipboardData.files]));
window.addEventListener("pagehide", () => stream?.getTracks().forEach((track) => track.stop()));

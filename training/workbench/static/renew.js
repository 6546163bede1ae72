// Brings a zip of pictures to the workbench; what becomes of it comes back over its page.
// Events are taken at the document: the page's elements come and go.
async function send(file) {
  const label = document.getElementById("label"), progress = document.getElementById("progress");
  const query = new URLSearchParams({ name: file.name });
  if (label.value) query.set("label", label.value);
  query.set("source", document.getElementById("source").value);
  progress.textContent = `sending ${file.name}`;
  try {
    const answer = await fetch(`/api/additions?${query}`, { method: "POST", body: file });
    const found = await answer.json();
    if (!answer.ok) throw new Error(found.detail);
    emitEvent("bench-added", found);
  } catch (error) { emitEvent("bench-problem", error.message); }
  progress.textContent = "";
}

function dropAt(event) { return event.target.closest?.("#drop"); }

document.addEventListener("change", (event) => {
  if (event.target.id === "zip" && event.target.files.length) send(event.target.files[0]);
});
document.addEventListener("click", (event) => {
  // So that the same file can be chosen again.
  if (event.target.id === "zip") event.target.value = "";
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  dropAt(event)?.classList.add("over");
});
document.addEventListener("dragleave", (event) => dropAt(event)?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const drop = dropAt(event);
  drop?.classList.remove("over");
  if (drop && event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
});

"use strict";

const SHOWN_AT_FIRST = 5;
const at = (id) => document.getElementById(id);
let turn = 0;  // only the answer to the last image is shown

async function start() {
  const about = await (await fetch("healthz")).json();
  at("about").textContent = `A neural net tells ${about.classes} classes apart, from ${about.size} × ${about.size} pixels. ` +
    "It knows nothing else: whatever you show it, it names one of them.";
  at("by-url").hidden = !about.by_url;
}

// A request, and what it leads to

async function classify(address, options, preview) {
  const mine = ++turn;
  say("Looking at the image …");
  at("result").hidden = true;
  showPreview(preview);
  try {
    const response = await fetch(address, options);
    const found = await response.json();
    if (mine !== turn) return;
    if (response.ok) show(found);
    else say(found.error);
  } catch {
    if (mine === turn) say("The server did not answer. Try again.");
  }
}

function classifyFile(file) {
  if (file) classify("classify?heatmap=1", {method: "POST", body: file}, file);
}

function say(sentence) {
  at("status").textContent = sentence;
}

// The answer

function show(found) {
  const [name, probability] = found.predictions[0];
  say(`${words(name)}, ${percent(probability)}`);
  at("image").src = found.image;
  drawHeatmap(found.heatmap, name);
  at("classes").replaceChildren(...found.predictions.map(row));
  showMore(false);
  at("result").hidden = false;
}

function showPreview(file) {
  URL.revokeObjectURL(at("preview").src);
  at("own").hidden = !file;
  if (file) at("preview").src = URL.createObjectURL(file);
}

function row([name, probability]) {
  const bar = Object.assign(document.createElement("progress"), {value: probability, max: 1});
  bar.setAttribute("aria-hidden", "true");  // the number beside it says the same
  const number = Object.assign(document.createElement("span"), {textContent: percent(probability)});
  const both = document.createElement("div");
  both.append(number, bar);
  const line = document.createElement("tr");
  line.append(Object.assign(document.createElement("th"), {scope: "row", textContent: words(name)}));
  line.insertCell().append(both);
  return line;
}

function showMore(all) {
  const lines = [...at("classes").rows];
  lines.forEach((line, i) => { line.hidden = !all && i >= SHOWN_AT_FIRST; });
  at("more").hidden = lines.length <= SHOWN_AT_FIRST;
  at("more").textContent = all ? "Show fewer" : `Show all ${lines.length} classes`;
  at("more").setAttribute("aria-expanded", all);
}

function drawHeatmap(rows, name) {
  const [height, width] = [rows.length, rows[0].length];
  const small = Object.assign(document.createElement("canvas"), {width, height});
  const pixels = rows.flat().flatMap((value) => [255, 70 + 170 * value, 60 * value, 180 * value]);  // orange, then yellow
  small.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels), width, height), 0, 0);
  const large = Object.assign(at("heatmap"), {width: 320, height: 320});
  const context = large.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, large.width, large.height);
  large.setAttribute("aria-label", `Where the net looked for ${words(name)}: most of all ${place(rows)}`);
}

function place(rows) {
  const values = rows.flat();
  const largest = values.indexOf(Math.max(...values));
  const part = (where, n, names) => names[Math.min(2, Math.floor(3 * (where + 0.5) / n))];
  const down = part(Math.floor(largest / rows[0].length), rows.length, ["top", "middle", "bottom"]);
  const across = part(largest % rows[0].length, rows[0].length, ["left", "centre", "right"]);
  return `at the ${down} ${across}`;
}

const words = (name) => name.replaceAll("_", " ");
const percent = (probability) => `${(100 * probability).toFixed(1)} %`;

// What the user does

at("file").addEventListener("change", (event) => classifyFile(event.target.files[0]));
at("show-heatmap").addEventListener("change", (event) => { at("heatmap").hidden = !event.target.checked; });
at("more").addEventListener("click", () => showMore(at("more").getAttribute("aria-expanded") !== "true"));
at("by-file").addEventListener("submit", (event) => event.preventDefault());
at("by-url").addEventListener("submit", (event) => {
  event.preventDefault();
  classify(`classify-url?${new URLSearchParams({heatmap: 1, url: at("url").value.trim()})}`, {}, null);
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {  // a drop beside the field shall not leave the page
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop") classifyFile(event.dataTransfer.files[0]);
  });
}
start().catch(() => say("The server does not answer. Reload the page."));

// Keeps the page up to date from the server's stream of events, and lets charts be read by pointer and keyboard.
"use strict";

const monitor = document.querySelector(".monitor");
const connection = document.getElementById("connection");
const places = new Map();
for (const place of document.querySelectorAll("[data-live]")) places.set(place.dataset.live, place);

// ---- The stream

let kind = monitor?.dataset.kind;
let state = document.body.dataset.state;

function setState(next) {
  const own = kind === monitor.dataset.kind;
  document.body.dataset.state = own ? next : next === "running" ? "other" : "idle";
}

function put(place, html) {
  const open = [...place.querySelectorAll("details[open][id]")].map((one) => one.id);
  const scrolled = place.querySelector(".table")?.scrollLeft ?? 0;
  const focused = place.contains(document.activeElement) && document.activeElement.className;
  place.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  const table = place.querySelector(".table");
  if (table && scrolled) table.scrollLeft = scrolled;
  if (table && focused === "table") table.focus({ preventScroll: true });
}

function apply(parts) {
  if ("kind" in parts) kind = parts.kind;
  if ("state" in parts) state = parts.state;
  setState(state);
  if (kind !== monitor.dataset.kind) return;
  for (const [name, html] of Object.entries(parts)) {
    const place = places.get(name);
    if (!place) continue;
    put(place, html);
    const plot = place.closest(".plot");
    if (plot) redraw(plot);
  }
  markEmpty();
}

// Headings of what is empty are not shown.
function markEmpty() {
  for (const place of places.values()) {
    const empty = place.childElementCount === 0 && place.textContent === "";
    place.closest(".plot, .picture")?.toggleAttribute("hidden", empty);
    place.hidden = empty;
  }
  const filled = (one) => (one.matches("[data-live]") ? !one.hidden : one.querySelector("[data-live]:not([hidden])"));
  for (const part of document.querySelectorAll(".when-shown")) {
    let shown = part.tagName === "DETAILS" && filled(part);
    for (let next = part.nextElementSibling; part.tagName === "H2" && next && next.tagName !== "H2"; next = next.nextElementSibling) {
      if (filled(next)) shown = true;
    }
    part.hidden = !shown;
  }
}

function follow() {
  let wait = 500;
  let heard = Date.now();
  let source;
  const lost = () => {
    // A run that is over needs nobody who tells of it.
    if (document.body.dataset.state === "running") connection.textContent = document.body.dataset.lost;
  };
  const open = () => {
    source = new EventSource("live");
    source.addEventListener("state", (event) => {
      heard = Date.now();
      wait = 500;
      connection.textContent = "";
      apply(JSON.parse(event.data));
    });
    source.onerror = () => {
      lost();
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(open, wait);
      wait = Math.min(10000, wait * 2);
    };
  };
  // Of a run the server tells something every second.
  setInterval(() => {
    if (document.body.dataset.state === "running" && Date.now() - heard > 8000) lost();
  }, 2000);
  open();
}

// ---- Charts: the values of a moment stand in the strip over it.

const chosen = new WeakMap();

function strips(plot) {
  return [...plot.querySelectorAll(".strip")];
}

function choose(plot, index) {
  const all = strips(plot);
  if (all.length === 0) return;
  const place = Math.max(0, Math.min(all.length - 1, index));
  chosen.set(plot, { place, last: place === all.length - 1 });
  show(plot, all[place], all);
}

function show(plot, strip, all) {
  for (const one of all) one.classList.toggle("chosen", one === strip);
  const lines = (strip.querySelector("title")?.textContent ?? "").split("\n");
  plot.querySelector(".readout").textContent = lines.join(" · ");
}

function redraw(plot) {
  const choice = chosen.get(plot);
  if (!choice) return;
  choose(plot, choice.last ? Infinity : choice.place);
}

function unchoose(plot) {
  chosen.delete(plot);
  for (const one of strips(plot)) one.classList.remove("chosen");
  plot.querySelector(".readout").textContent = "";
}

for (const plot of document.querySelectorAll(".plot")) {
  const pointed = (event) => {
    const index = strips(plot).indexOf(event.target);
    if (index >= 0) choose(plot, index);
  };
  plot.addEventListener("pointermove", pointed);
  plot.addEventListener("pointerdown", pointed);
  plot.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse" && document.activeElement !== plot) unchoose(plot);
  });
  plot.addEventListener("focus", () => {
    if (!chosen.has(plot)) choose(plot, Infinity);
  });
  plot.addEventListener("blur", () => unchoose(plot));
  plot.addEventListener("keydown", (event) => {
    const place = chosen.get(plot)?.place ?? 0;
    const steps = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    choose(plot, steps[event.key]);
  });
}

// ---- Charts as images: what the page shows, with its title and legend, on its background.

const drawn = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "font-size", "font-family", "opacity"];
const imageScale = 3;

// The drawing with its style in it. Attributes, since the page's policy allows no style in what is loaded.
function picture(svg) {
  const copy = svg.cloneNode(true);
  for (const strip of copy.querySelectorAll(".strip")) strip.remove();
  const shown = [svg, ...svg.querySelectorAll(":not(.strip, .strip *)")];
  [copy, ...copy.querySelectorAll("*")].forEach((one, place) => {
    const style = getComputedStyle(shown[place]);
    for (const name of drawn) one.setAttribute(name, style.getPropertyValue(name));
  });
  copy.setAttribute("width", svg.viewBox.baseVal.width * imageScale);
  copy.setAttribute("height", svg.viewBox.baseVal.height * imageScale);
  const image = new Image();
  image.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(copy));
  return image;
}

async function saveImage(plot) {
  const svg = plot.querySelector("svg[role=img]");
  if (!svg) return;
  const { width, height } = svg.viewBox.baseVal;
  const image = picture(svg);
  await image.decode();
  const style = getComputedStyle(plot);
  const canvas = document.createElement("canvas");
  const [top, bottom] = [26, 28];
  canvas.width = width * imageScale;
  canvas.height = (top + height + bottom) * imageScale;
  const pen = canvas.getContext("2d");
  pen.scale(imageScale, imageScale);
  pen.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
  pen.fillRect(0, 0, width, top + height + bottom);
  pen.fillStyle = style.color;
  pen.font = `600 14px ${style.fontFamily}`;
  pen.fillText(plot.querySelector("figcaption").textContent, 6, 18);
  pen.drawImage(image, 0, top, width, height);
  pen.font = `12px ${style.fontFamily}`;
  let place = 6;
  for (const key of plot.querySelectorAll(".legend > span")) {
    const line = key.querySelector("line");
    if (line) {
      const { stroke, strokeDasharray } = getComputedStyle(line);
      pen.strokeStyle = stroke;
      pen.lineWidth = 1.6;
      pen.setLineDash(strokeDasharray === "none" ? [] : strokeDasharray.split(/[ ,]+/).map(parseFloat));
      pen.beginPath();
      pen.moveTo(place, top + height + 12);
      pen.lineTo(place + 24, top + height + 12);
      pen.stroke();
      place += 30;
    }
    pen.fillText(key.textContent, place, top + height + 16);
    place += pen.measureText(key.textContent).width + 16;
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await new Promise((done) => canvas.toBlob(done)));
  link.download = `${plot.querySelector("figcaption").textContent.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/-$/, "")}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

for (const button of document.querySelectorAll(".save")) {
  button.addEventListener("click", () => saveImage(button.parentElement));
}

// ---- Forms

// Faults are shown while one writes.
for (const text of document.querySelectorAll("textarea[data-check]")) {
  let timer;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const body = new URLSearchParams({ text: text.value });
      try {
        const answer = await fetch(text.dataset.check, { method: "POST", body });
        if (answer.ok) document.getElementById("faults").innerHTML = await answer.text();
      } catch {
        // The server is gone; the next try will tell.
      }
    }, 400);
  });
}

// A fault leads to its place in the text.
document.getElementById("faults")?.addEventListener("click", (event) => {
  const place = event.target.closest("[data-line]");
  const text = document.getElementById("text");
  if (!place || !text) return;
  const lines = text.value.split("\n");
  const row = Math.min(Number(place.dataset.line), lines.length) - 1;
  const begin = lines.slice(0, row).reduce((sum, line) => sum + line.length + 1, 0);
  text.focus();
  text.setSelectionRange(begin + Math.min(place.dataset.column - 1, lines[row].length), begin + lines[row].length);
  text.scrollTop = (row - 5) * parseFloat(getComputedStyle(text).lineHeight);
});

// What is changed while a load runs does not load the page anew.
for (const form of document.querySelectorAll("form[data-quiet]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(form.dataset.quiet, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) document.location.reload();
  });
}

if (monitor) {
  markEmpty();
  follow();
}

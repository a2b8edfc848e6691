// Proposes keys and values of the definition's schema where the cursor is. Ctrl+Space or writing opens the list; arrow keys
// choose, Enter or Tab inserts, Escape closes.
"use strict";

// ---- Where the cursor is, in YAML as experiments are written: blocks by indentation

// A line's dashes and key: `- name: x` has its key at column 2 and a dash at column 0. nil for blank lines and comments.
function lineParts(line) {
  const found = /^((?: *- +)*)( *)(?:([\w.-]+|"[^"]*") *:(?= |$))?(.*)$/.exec(line.replace(/^( *(?:- +)*-)$/, "$1 "));
  if (!found || /^\s*(#.*)?$/.test(line)) return null;
  const dashes = [...found[1].matchAll(/-/g)].map((dash) => dash.index);
  return { dashes, column: found[1].length + found[2].length, key: found[3]?.replaceAll('"', ""), rest: found[4].trim() };
}

// The keys above a line's content, "[]" for a list, outermost first, and the keys that stand beside it.
function placeOf(lines, row, column, dashes) {
  const path = [];
  const beside = new Set();
  let need = column;
  let isOwn = true;
  const climb = (positions) => {
    for (const dash of [...positions].reverse()) {
      if (dash >= need) continue;
      path.unshift("[]");
      need = dash + 1;
      isOwn = false;
    }
  };
  climb(dashes);
  for (let above = row - 1; above >= 0 && need > 0; above--) {
    const line = lineParts(lines[above]);
    if (!line) continue;
    if (isOwn && line.column === column && line.key) beside.add(line.key);
    if (line.column < need && line.key) {
      path.unshift(line.key);
      need = line.column;
      isOwn = false;
    }
    climb(line.dashes);
  }
  const last = column;
  for (let below = row + 1; below < lines.length; below++) {
    const line = lineParts(lines[below]);
    if (!line) continue;
    if (line.column < last || line.dashes.some((dash) => dash < last)) break;
    if (line.column === last && line.key) beside.add(line.key);
  }
  return { path, beside };
}

// What stands in a bracket, entry by entry, up to the bracket's end or that of the text.
function entriesOf(text) {
  const found = [""];
  let depth = 0;
  let quote = "";
  for (const sign of text) {
    const isValueBegun = found.at(-1).replace(/^\s*([\w.-]+:)?\s*/, "") !== "";
    if (quote) quote = sign === quote ? "" : quote;
    else if (`"'`.includes(sign) && !isValueBegun) quote = sign;
    else if ("{[".includes(sign)) depth++;
    else if ("}]".includes(sign) && depth-- === 0) return { found, isOpen: false };
    else if (sign === "," && depth === 0) {
      found.push("");
      continue;
    }
    found[found.length - 1] += sign;
  }
  return { found, isOpen: true };
}

// The bracket that the cursor is in, on its line: the path of what is in it, whether it is a list, the entry that is being
// written and the keys of the others. null outside of brackets.
function bracketAt(lines, row, before, after) {
  const head = /^((?: *- +)* *)(?:([\w.-]+): +)?([{[])(.*)$/.exec(before);
  if (!head) return null;
  const dashes = [...head[1].matchAll(/-/g)].map((dash) => dash.index);
  const path = [...placeOf(lines, row, head[1].length, dashes).path, ...(head[2] ? [head[2]] : [])];
  let [bracket, inner] = [head[3], head[4]];
  for (;;) {
    const { found, isOpen } = entriesOf(inner);
    if (!isOpen) return null;
    if (bracket === "[") path.push("[]");
    const entry = found.at(-1);
    const nested = /^\s*(?:([\w.-]+): *)?([{[])(.*)$/.exec(entry);
    if (!nested) {
      const others = [...found.slice(0, -1), ...entriesOf(after).found.slice(1)];
      const beside = new Set(others.map((one) => /^\s*([\w.-]+):/.exec(one)?.[1]));
      return { path, isList: bracket === "[", entry: entry.trimStart(), beside };
    }
    if (nested[1]) path.push(nested[1]);
    [bracket, inner] = [nested[2], nested[3]];
  }
}

// ---- What the schema allows there

function expanded(schema, node, depth = 0) {
  if (!node || typeof node !== "object" || depth > 8) return [];
  const parts = [...(node.oneOf ?? []), ...(node.anyOf ?? []), ...(node.allOf ?? [])];
  if (node.$ref) parts.push(node.$ref.split("/").slice(1).reduce((at, name) => at?.[name], schema));
  return [node, ...parts.flatMap((part) => expanded(schema, part, depth + 1))];
}

function nodesAt(schema, path) {
  return path.reduce(
    (nodes, step) =>
      nodes.flatMap((node) => {
        const next = step === "[]" ? node.items : node.properties?.[step] ?? node.additionalProperties;
        return expanded(schema, next);
      }),
    expanded(schema, schema));
}

function written(value, inBracket) {
  const text = String(value);
  const isPlain = typeof value !== "string" || /^[A-Za-z0-9_\/$][^#:"'\n]*(:\/\/[^#"'\n ]*)?$/.test(text);
  return isPlain && !(inBracket && /[,{}[\]]/.test(text)) ? text : JSON.stringify(text);
}

function valuesOf(nodes, inBracket = false) {
  const found = new Map();
  for (const node of nodes) {
    const listed = [...(node.enum ?? []), ...("const" in node ? [node.const] : []), ...(node.type === "boolean" ? [true, false] : [])];
    for (const value of [...listed, ...("default" in node ? [node.default] : []), ...(node.examples ?? [])]) {
      const text = written(value, inBracket);
      if (value !== null && typeof value !== "object") found.set(text, { text, about: "" });
    }
  }
  return [...found.values()];
}

// - indent: null in brackets.
function keysOf(schema, nodes, indent, beside) {
  const found = new Map();
  for (const node of nodes) {
    for (const [key, property] of Object.entries(node.properties ?? {})) {
      if (found.has(key) || beside.has(key)) continue;
      const all = expanded(schema, property);
      const isScalar = all.some((one) => ["string", "integer", "number", "boolean"].includes(one.type) || one.enum || "const" in one);
      const [list, block] = indent === null ? [": [", ": { "] : [`:\n${indent}  - `, `:\n${indent}  `];
      const end = isScalar ? ": " : all.some((one) => one.items) ? list : all.some((one) => one.properties) ? block : ": ";
      found.set(key, { text: key + end, name: key, about: all.map((one) => one.description).find(Boolean) ?? "" });
    }
  }
  return [...found.values()];
}

// What can stand at a place of a text: the beginning that it replaces, and the choices.
function proposals(schema, text, cursor) {
  const lines = text.split("\n");
  const before = text.slice(0, cursor).split("\n");
  const row = before.length - 1;
  const line = before[row];
  const nothing = { begun: "", choices: [] };
  if (/(^|\s)#/.test(line)) return nothing;
  if (/^(?: *- +)* *(?:[\w.-]+: +)?[{[]/.test(line)) {
    const found = bracketAt(lines, row, line, lines[row].slice(line.length));
    if (!found) return nothing;
    const value = /^([\w.-]+): +(.*)$/.exec(found.entry);
    if (value && !found.isList) return { begun: value[2], choices: valuesOf(nodesAt(schema, [...found.path, value[1]]), true) };
    const nodes = nodesAt(schema, found.path);
    return { begun: found.entry, choices: found.isList ? valuesOf(nodes, true) : keysOf(schema, nodes, null, found.beside) };
  }
  const value = /^((?: *- +)* *)([\w.-]+): +(.*)$/.exec(line);
  const dashesOf = (head) => [...head.matchAll(/-/g)].map((dash) => dash.index);
  if (value) {
    const { path } = placeOf(lines, row, value[1].length, dashesOf(value[1]));
    return { begun: value[3], choices: valuesOf(nodesAt(schema, [...path, value[2]])) };
  }
  const key = /^((?: *- +)* *)([^:]*)$/.exec(line);
  if (!key) return nothing;
  const { path, beside } = placeOf(lines, row, key[1].length, dashesOf(key[1]));
  const nodes = nodesAt(schema, path);
  return {
    begun: key[2],
    choices: [...keysOf(schema, nodes, " ".repeat(key[1].length), beside), ...(key[1].includes("-") ? valuesOf(nodes) : [])],
  };
}

// ---- The list

function completes(area, schema) {
  const list = document.createElement("ul");
  list.id = "proposals";
  list.className = "proposals";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", area.dataset.proposals);
  list.hidden = true;
  const told = document.createElement("p");
  told.className = "unseen";
  told.setAttribute("role", "status");
  area.after(list, told);
  const ruler = document.createElement("span");
  ruler.className = "ruler";
  ruler.textContent = "0".repeat(20);
  area.after(ruler);
  let choices = [];
  let begun = "";
  let chosen = -1;

  const close = () => {
    list.hidden = true;
    chosen = -1;
    told.textContent = "";
    area.removeAttribute("aria-activedescendant");
    area.removeAttribute("aria-controls");
  };
  const mark = (index) => {
    chosen = index;
    [...list.children].forEach((item, place) => {
      item.setAttribute("aria-selected", String(place === index));
      if (place === index) item.scrollIntoView({ block: "nearest" });
    });
    if (index >= 0) area.setAttribute("aria-activedescendant", `proposal-${index}`);
    else area.removeAttribute("aria-activedescendant");
  };
  const insert = (index) => {
    const { text } = choices[index];
    area.focus();
    area.setSelectionRange(area.selectionStart - begun.length, area.selectionStart);
    // Unlike `setRangeText` it can be undone.
    if (!document.execCommand("insertText", false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    close();
    if (/[\s]$/.test(text)) open(false);
  };
  const place = () => {
    const before = area.value.slice(0, area.selectionStart).split("\n");
    const style = getComputedStyle(area);
    const width = ruler.getBoundingClientRect().width / 20;
    const left = parseFloat(style.paddingLeft) + (before.at(-1).length - begun.length) * width - area.scrollLeft;
    const top = parseFloat(style.paddingTop) + before.length * parseFloat(style.lineHeight) - area.scrollTop;
    list.style.left = `${Math.max(0, Math.min(left, area.clientWidth - list.offsetWidth))}px`;
    list.style.top = `${area.offsetTop + Math.min(top, area.clientHeight) + 2}px`;
  };
  const open = (isAsked) => {
    if (area.selectionStart !== area.selectionEnd) return close();
    const found = proposals(schema, area.value, area.selectionStart);
    begun = found.begun;
    const starts = found.choices.filter((one) => one.text.toLowerCase().startsWith(begun.toLowerCase()) && one.text !== begun);
    choices = starts.slice(0, 50);
    if (choices.length === 0) return close();
    list.replaceChildren(
      ...choices.map((one, index) => {
        const item = document.createElement("li");
        item.id = `proposal-${index}`;
        item.setAttribute("role", "option");
        item.append(Object.assign(document.createElement("code"), { textContent: one.name ?? one.text }));
        if (one.about) item.append(" ", Object.assign(document.createElement("span"), { className: "quiet", textContent: one.about }));
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          insert(index);
        });
        return item;
      }));
    list.hidden = false;
    area.setAttribute("aria-controls", list.id);
    told.textContent = `${choices.length} · ${area.dataset.proposals}`;
    place();
    // Enter goes on making lines until a choice was asked for.
    mark(isAsked ? 0 : -1);
  };

  area.addEventListener("keydown", (event) => {
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      open(true);
      return;
    }
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark((Math.max(chosen, step < 0 ? 0 : -1) + step + choices.length) % choices.length);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) insert(chosen);
    else return;
    event.preventDefault();
  });
  area.addEventListener("input", (event) => {
    if (event.inputType === "insertText" && /[\w$]$/.test(event.data ?? "")) open(false);
    else if (!list.hidden) open(false);
  });
  for (const name of ["blur", "click", "scroll"]) area.addEventListener(name, close);
}

for (const area of document.querySelectorAll("textarea[data-schema]")) {
  fetch(area.dataset.schema)
    .then((answer) => answer.json())
    .then((schema) => completes(area, schema))
    .catch(() => {
      // Without the schema nothing is proposed; faults are found all the same.
    });
}

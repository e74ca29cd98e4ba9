/* Quick order beyond what forms can: suggestions under the box, Enter and scanners that add lines, files dropped on the
   box, the camera, and lines checked one by one. Without this file the form is sent as a whole. */
const form = document.getElementById("quick-form");
const box = document.getElementById("quick-text");
const area = document.getElementById("quick-box");
const asked = document.getElementById("quick-asked");
const list = document.getElementById("quick-suggestions");
const said = document.getElementById("quick-said");
const words = area.dataset;

/* Suggestions for the line that is being typed. */
const options = () => [...list.querySelectorAll("[role=option]")];
const chosen = () => list.querySelector("[aria-selected=true]");
const lineStart = () => box.value.lastIndexOf("\n", box.selectionStart - 1) + 1;

function forget() {
  list.replaceChildren();
  box.removeAttribute("aria-activedescendant");
  box.removeAttribute("aria-controls");
}
function choose(option) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (!option) return box.removeAttribute("aria-activedescendant");
  box.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}
function complete(option) {
  const start = lineStart();
  box.setRangeText(`${option.dataset.code}\t`, start, box.selectionStart, "end");
  forget();
  box.focus();
}
function ask() {
  const text = box.value.slice(lineStart(), box.selectionStart).trim();
  const done = text.length < 2 || /[\t;,]/.test(text) || /^\S*\d\S* +\d+( ?\D+)?$/.test(text);
  asked.value = done ? "" : text;
  if (done) forget(); else htmx.trigger(asked, "asked");
}
box.addEventListener("input", ask);
box.addEventListener("blur", () => setTimeout(forget, 200));
list.addEventListener("mousedown", (event) => {
  const option = event.target.closest("[role=option]");
  event.preventDefault();
  if (option) complete(option);
});
list.addEventListener("htmx:beforeSwap", (event) => {
  /* What comes for a text that is not in the box any more is no help. */
  if (!asked.value || document.activeElement !== box) event.detail.shouldSwap = false;
});
list.addEventListener("htmx:afterSwap", () => {
  const count = options().length;
  if (count) box.setAttribute("aria-controls", "quick-options"); else forget();
  said.textContent = count === 1 ? words.one : count ? words.many.replace("%n", count) : "";
});

/* Adding: what is entered while a request is on its way goes with the next one. The answer is the whole table anew. */
const waiting = [];
let sending = false;
let stale = false;

function add(text) {
  if (text.trim()) waiting.push(text);
  flush();
}
async function flush() {
  if (sending || !(waiting.length || stale)) return;
  sending = true;
  const text = waiting.splice(0).join("\n");
  stale = false;
  form.dataset.dirty = "yes";
  said.textContent = words.adding;
  area.setAttribute("aria-busy", "true");
  const arrived = await renewed(text);
  said.textContent = "";
  area.removeAttribute("aria-busy");
  sending = false;
  /* Nothing that was typed or scanned is lost. */
  if (!arrived) box.value = [text, ...waiting.splice(0), box.value].filter((part) => part.trim()).join("\n");
  else flush();
}
async function renewed(text) {
  htmx.trigger(form, "htmx:abort");
  const body = new FormData(form);
  body.set("text", text);
  body.delete("file");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (answer.redirected || ![200, 422].includes(answer.status)) throw new Error(String(answer.status));
    const html = await answer.text();
    document.getElementById("quick-result").outerHTML = html;
    htmx.process(document.getElementById("quick-result"));
    area.querySelector("[name=check]").classList.replace("btn-primary", "btn-secondary");
    return answer.ok;
  } catch {
    window.portal.toast(words.failed);
    return false;
  }
}
box.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const found = options();
  const at = found.indexOf(chosen());
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && found.length) {
    event.preventDefault();
    const next = at < 0 && event.key === "ArrowUp" ? found.length - 1 : at + (event.key === "ArrowDown" ? 1 : -1);
    choose(found[(next + found.length) % found.length]);
  } else if (event.key === "Tab" && !event.shiftKey && found.length) {
    event.preventDefault();
    complete(found[Math.max(at, 0)]);
  } else if (event.key === "Escape" && found.length) {
    event.preventDefault();
    forget();
  } else if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    if (at >= 0) return complete(found[at]);
    if (!box.value.trim() && !event.ctrlKey && !event.metaKey) return onwards();
    const text = box.value;
    box.value = "";
    asked.value = "";
    forget();
    add(text);
  }
});
/* By keyboard: Enter in the empty box goes to the first line to mend, then to the button that adds; Ctrl+Enter adds. */
const adds = () => document.querySelector("#quick-totals [name=add]");
function onwards() {
  const bad = form.querySelector("#quick-table tr.p-row-bad");
  const field = bad?.querySelector("[aria-invalid=true]") ?? bad?.querySelector("[data-quantity]") ?? adds();
  field?.focus();
  field?.select?.();
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  if (event.target !== document.body && !form.contains(event.target)) return;
  /* What stands in the box goes to the table first. */
  if (event.target === box && box.value.trim()) return;
  event.preventDefault();
  event.stopPropagation();
  adds()?.focus();
  if (!sending) adds()?.click();
}, true);
box.addEventListener("paste", (event) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  if (!/[\r\n]./.test(text.trim())) return;
  event.preventDefault();
  const before = box.value;
  box.value = "";
  forget();
  add(before.trim() ? `${before}\n${text}` : text);
});

/* A file dropped anywhere on the box, or chosen, is sent at once. */
const file = document.getElementById("quick-file");
file.addEventListener("change", () => { if (file.files.length) form.requestSubmit(); });
for (const kind of ["dragover", "drop"]) {
  area.addEventListener(kind, (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    if (kind === "drop" && event.dataTransfer.files.length && event.target !== file) {
      file.files = event.dataTransfer.files;
      form.requestSubmit();
    }
  });
}

/* Lines are mended in place: only the line goes to the server, and its row and the totals come back. */
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-quick-fix], [data-quick-take], [data-quick-gone]");
  const row = button?.closest("tr");
  if (!row) return;
  event.preventDefault();
  const { quickFix, quickTake } = button.dataset;
  if (quickFix) row.querySelector("[data-quick-code]").value = quickFix;
  if (quickTake) row.querySelector("[data-quantity]").value = quickTake;
  if (quickFix || quickTake) return htmx.trigger(row, "change");
  const near = row.nextElementSibling?.querySelector("[data-quick-code]") ?? box;
  check(row, { gone: "1" }).then(() => near.focus());
});
function check(row, values) {
  return htmx.ajax("POST", row.getAttribute("hx-post"), { source: row, target: row, swap: "outerHTML", values });
}
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-quick-code], #quick-cart-name")) return;
  event.preventDefault();
  if (event.target.id === "quick-cart-name") form.querySelector("[name=add][value=new]").click();
  else event.target.closest("tr").querySelector("[data-quantity]").focus();
});

/* What is being typed in a row, and where one is in it, outlives the answer that renews the row. */
let typed = null;
let left = null;
form.addEventListener("htmx:beforeSwap", (event) => {
  const active = document.activeElement;
  const within = event.detail.target.contains(active) && active.id && active.value !== active.defaultValue;
  const sent = event.detail.requestConfig?.parameters?.[active?.name];
  typed = within && sent !== active.value ? { id: active.id, value: active.value } : null;
  left = event.detail.target.contains(active) ? { id: active.id, row: event.detail.target.id } : null;
});
form.addEventListener("htmx:afterSettle", () => {
  const field = typed && document.getElementById(typed.id);
  if (field) field.value = typed.value;
  typed = null;
  if (left && document.activeElement === document.body) {
    (document.getElementById(left.id || "-") ?? document.querySelector(`#${left.row} [data-quantity]`) ?? box).focus();
  }
  left = null;
  /* A product that stands in two lines by now is added up by the whole list. */
  const products = [...form.querySelectorAll("tr[data-product]")].map((row) => row.dataset.product);
  if (new Set(products).size < products.length) {
    stale = true;
    flush();
  }
});

/* The camera, where the browser itself can read barcodes. */
const camera = document.getElementById("quick-camera");
const scanner = document.getElementById("quick-scanner");
const KINDS = ["ean_13", "ean_8", "upc_a", "upc_e", "itf", "code_128", "code_39", "qr_code"];
const PAUSE = 1500;
if ("BarcodeDetector" in window && navigator.mediaDevices?.getUserMedia) camera.hidden = false;

async function scan() {
  const video = scanner.querySelector("video");
  const status = scanner.querySelector("[data-camera-said]");
  let stream;
  scanner.showModal();
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (why) {
    status.textContent = why.name === "NotFoundError" ? words.missing : words.refused;
    return;
  }
  const stop = () => stream.getTracks().forEach((track) => track.stop());
  if (!scanner.open) return stop();
  scanner.addEventListener("close", stop, { once: true });
  video.srcObject = stream;
  video.play().catch(() => {});
  const known = await BarcodeDetector.getSupportedFormats?.() ?? KINDS;
  const detector = new BarcodeDetector({ formats: KINDS.filter((kind) => known.includes(kind)) });
  let last = { code: "", at: 0 };
  while (scanner.open) {
    const found = await detector.detect(video).catch(() => []);
    const code = found[0]?.rawValue?.trim() ?? "";
    const now = performance.now();
    if (code && (code !== last.code || now - last.at > PAUSE)) {
      status.textContent = words.scanned.replace("%s", code);
      navigator.vibrate?.(60);
      add(code);
    }
    if (code) last = { code, at: now };
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
camera.addEventListener("click", scan);

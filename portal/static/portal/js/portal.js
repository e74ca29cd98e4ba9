/* What pages gain where JavaScript runs. Everything is bound by data attributes on the document, so parts that htmx
   brings in later work too. Every page works without this file. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.remove("no-js");
  const say = (key, fallback) => document.body.dataset[key] || fallback;

  /* Toasts: portal.toast("Saved"), or the response header HX-Trigger: {"toast": "Saved"}. */
  function toast(text) {
    let place = document.querySelector(".p-toasts");
    if (!place) {
      place = document.createElement("div");
      place.className = "p-toasts";
      place.setAttribute("role", "status");
      document.body.append(place);
    }
    const box = document.createElement("div");
    box.className = "p-toast";
    box.textContent = text;
    place.append(box);
    setTimeout(() => box.remove(), 5000);
  }
  window.portal = { toast };
  document.addEventListener("toast", (event) => toast(event.detail.value ?? String(event.detail)));

  /* Quantities: <div data-stepper><button data-step="-1">…<input type=number step=6 data-minimum=12>…</div> */
  function stepped(input, direction) {
    const step = Number(input.step) > 0 ? Number(input.step) : 1;
    const least = Math.ceil((Number(input.dataset.minimum) || step) / step) * step;
    const floor = Number(input.min) || 0;
    const now = Number(input.value) || 0;
    let next = direction > 0 ? (Math.floor(now / step) + 1) * step : (Math.ceil(now / step) - 1) * step;
    if (next < least) next = direction > 0 ? least : floor;
    const most = input.max === "" ? Infinity : Number(input.max);
    return Math.min(Math.max(next, floor), most);
  }
  function step(input, direction) {
    const next = String(stepped(input, direction));
    if (next === input.value || input.disabled || input.readOnly) return false;
    input.value = next;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }
  const changed = (input) => input.dispatchEvent(new Event("change", { bubbles: true }));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (!button) return;
    const input = button.closest("[data-stepper]")?.querySelector("input");
    if (input && step(input, Number(button.dataset.step))) changed(input);
  });

  let steppedByKey = null;
  document.addEventListener("keydown", (event) => {
    const input = event.target.closest?.("input[data-quantity]");
    if (!input || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Tab" && !event.shiftKey) {
      /* Down a list of products; Shift+Tab still comes by everything between, and Tab leaves the last box. */
      const boxes = [...(input.closest("[data-quantity-tab]")?.querySelectorAll("input[data-quantity]:not(:disabled)") ?? [])];
      const next = boxes[boxes.indexOf(input) + 1];
      if (next) { event.preventDefault(); next.focus(); }
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      if (step(input, event.key === "ArrowUp" ? 1 : -1)) steppedByKey = input;
    } else if (event.key === "Enter") {
      const grid = input.closest("[data-quantity-grid]");
      if (!grid) return;
      const boxes = [...grid.querySelectorAll("input[data-quantity]:not(:disabled)")];
      const next = boxes[boxes.indexOf(input) + (event.shiftKey ? -1 : 1)];
      event.preventDefault();
      if (next) { next.focus(); next.select(); } else if (steppedByKey === input) { steppedByKey = null; changed(input); }
    }
  });
  document.addEventListener("focusout", (event) => {
    /* A value set by arrows fires no change by itself. */
    if (event.target === steppedByKey) { steppedByKey = null; changed(event.target); }
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("input[data-quantity]")) event.target.select();
  });
  /* Units: <span data-units><input data-quantity>…<select data-unit><option data-factor data-unit-step …></select></span>.
     Before anybody sends the number: it counts in the new unit then. */
  document.addEventListener("change", (event) => {
    const select = event.target.closest?.("select[data-unit]");
    const input = select?.closest("[data-units]")?.querySelector("input[data-quantity]");
    if (!input) return;
    const unit = select.selectedOptions[0].dataset;
    input.step = unit.unitStep;
    input.dataset.minimum = unit.minimum;
    if (unit.max) input.max = unit.max; else input.removeAttribute("max");
    if (input.value) input.value = Math.ceil((Number(input.value) * Number(select.dataset.factor || 1)) / Number(unit.factor));
    select.dataset.factor = unit.factor;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }, true);
  document.addEventListener("wheel", (event) => {
    if (event.target === document.activeElement && event.target.type === "number") event.target.blur();
  }, { passive: true });

  /* Submit once: every POST form but those with data-repeatable (downloads). Restored when the page is shown again. */
  const held = new Set();
  function hold(button) {
    held.add(button);
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
  }
  function release() {
    for (const button of held) {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
    held.clear();
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  }
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "repeatable" in form.dataset) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    const buttons = [...form.elements].filter((element) => element.type === "submit");
    /* After this turn, so that the clicked button's own name and value are still sent. */
    setTimeout(() => buttons.forEach(hold), 0);
  });
  window.addEventListener("pageshow", release);

  /* Confirm: data-confirm="What will happen" on a submit button or a link. */
  document.addEventListener("click", (event) => {
    const source = event.target.closest("[data-confirm]");
    if (!source || source.dataset.confirmed) return;
    const template = document.getElementById("confirm-dialog");
    if (!template || typeof HTMLDialogElement === "undefined") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const dialog = template.content.firstElementChild.cloneNode(true);
    dialog.querySelector("[data-confirm-text]").textContent = source.dataset.confirm;
    const yes = dialog.querySelector("[data-confirm-yes]");
    yes.textContent = source.dataset.confirmLabel || source.textContent.trim();
    if (source.classList.contains("btn-danger") || source.classList.contains("btn-outline-danger")) {
      yes.classList.replace("btn-primary", "btn-danger");
    }
    document.body.append(dialog);
    dialog.addEventListener("close", () => {
      dialog.remove();
      source.focus();
      if (dialog.returnValue !== "yes") return;
      source.dataset.confirmed = "yes";
      source.click();
      delete source.dataset.confirmed;
    });
    dialog.showModal();
  }, true);

  /* Dialogs: <button data-dialog="id"> opens <dialog id="id">; a click outside closes it. */
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
    if (event.target.closest("[data-dialog-close]") || event.target.matches?.("dialog.p-dialog")) {
      event.target.closest("dialog")?.close("");
    }
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest(".p-alert")?.remove();
    document.querySelectorAll("details.p-menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.p-menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  /* Suggestions: arrows walk from the search box through its links and back, Escape returns to the box. */
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.(".p-search");
    if (!form || event.isComposing || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
    const stops = [form.querySelector("input"), ...form.querySelectorAll(".s-suggested a")];
    const at = stops.indexOf(event.target);
    if (at < 0 || stops.length < 2 || (event.key === "Escape" && at === 0)) return;
    event.preventDefault();
    const next = event.key === "Escape" ? 0 : at + (event.key === "ArrowDown" ? 1 : -1);
    stops[(next + stops.length) % stops.length].focus();
  });

  /* Copy: <button data-copy="SKU-1">. */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      const area = document.createElement("textarea");
      area.value = button.dataset.copy;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    toast(`${say("copied", "Copied")}: ${button.dataset.copy}`);
  });

  /* Unsaved changes: <form data-guard>. */
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && "guard" in form.dataset) form.dataset.dirty = "yes";
  });
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) delete event.target.dataset.dirty;
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-guard][data-dirty]")) event.preventDefault();
  });

  /* Files: the drop area names what was chosen. */
  document.addEventListener("change", (event) => {
    const area = event.target.closest?.("[data-drop]");
    const name = area?.querySelector("[data-drop-name]");
    if (name) name.textContent = [...event.target.files].map((file) => file.name).join(", ") || name.dataset.dropName;
    const auto = event.target.closest?.("[data-submit-on-change]");
    if (auto) auto.form.requestSubmit();
  });
  for (const [kind, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    document.addEventListener(kind, (event) => event.target.closest?.("[data-drop]")?.classList.toggle("p-drop-over", over));
  }

  /* Pictures that do not load give way to the placeholder behind them. */
  function giveWay(image) {
    const box = image.closest?.(".p-picture");
    if (!box) return;
    image.hidden = true;
    box.querySelector("[data-placeholder]")?.removeAttribute("hidden");
  }
  document.addEventListener("error", (event) => giveWay(event.target), true);
  for (const image of document.querySelectorAll(".p-picture img")) {
    if (image.complete && image.naturalWidth === 0) giveWay(image);
  }

  /* Theme: light, dark, or as the device says; kept in a cookie, applied by the server on the next page. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    const theme = button.dataset.themeChoice;
    const age = theme === "auto" ? 0 : 31536000;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `portal_theme=${theme}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
    const sheet = document.getElementById("dark-tokens");
    if (sheet) sheet.media = { dark: "screen", light: "not all" }[theme] || "screen and (prefers-color-scheme: dark)";
    document.querySelectorAll("[data-theme-choice]").forEach((other) => {
      other.setAttribute("aria-pressed", String(other === button));
    });
  });
})();

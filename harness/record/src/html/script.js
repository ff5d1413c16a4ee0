"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const form = document.getElementById("filters");
  if (!form) return;
  const status = document.getElementById("shown");
  const sections = all("section.area").map((element, area) => ({
    element, area: String(area),
    cases: all("article.case", element).map((article) => ({
      element: article,
      name: article.querySelector("h4").textContent.toLowerCase(),
      rows: all(":scope > .r", article).map((row) => ({
        element: row, verdict: row.dataset.v, profile: row.dataset.p,
        text: row.querySelector("span").textContent.toLowerCase(),
      })),
    })),
  }));
  const total = all(".r").length;

  function filter() {
    const verdicts = new Set(all("input[name=v]:checked", form).map((box) => box.value));
    const profile = form.elements.p.value;
    const area = form.elements.a.value;
    const words = form.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const section of sections) {
      let inSection = 0;
      for (const one of section.cases) {
        let inCase = 0;
        for (const row of one.rows) {
          const fits = verdicts.has(row.verdict) && (profile === "" || row.profile === profile)
            && (area === "" || section.area === area)
            && words.every((word) => one.name.includes(word) || row.text.includes(word));
          row.element.hidden = !fits;
          if (fits) inCase += 1;
        }
        one.element.hidden = inCase === 0;
        inSection += inCase;
      }
      section.element.hidden = inSection === 0;
      shown += inSection;
    }
    status.textContent = shown + " of " + total + " results are shown";
  }

  let waiting = false;
  function soon() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; filter(); });
  }

  function problem(step) {
    const rows = all(".r").filter((row) => row.dataset.v !== "pass" && row.dataset.v !== "unsupported"
      && !row.closest("[hidden]"));
    if (rows.length === 0) return;
    const here = document.activeElement && document.activeElement.closest(".r");
    const at = here ? rows.indexOf(here) : (step > 0 ? -1 : 0);
    const row = rows[(at + step + rows.length) % rows.length];
    row.open = true;
    const focus = row.querySelector("summary") || row;
    if (focus === row) row.tabIndex = -1;
    focus.focus();
    focus.scrollIntoView({ block: "center" });
  }

  function open() {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (target && target.tagName === "DETAILS") target.open = true;
  }

  form.addEventListener("input", soon);
  form.addEventListener("reset", () => setTimeout(filter, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("next").addEventListener("click", () => problem(1));
  document.getElementById("previous").addEventListener("click", () => problem(-1));
  document.addEventListener("click", (event) => {
    const cell = event.target.closest("a[data-a]");
    if (cell) {
      form.reset();
      form.elements.a.value = cell.dataset.a;
      form.elements.p.value = cell.dataset.p;
      filter();
    }
    const button = event.target.closest("button.copy");
    if (button) {
      const text = button.parentElement.querySelector("code").textContent;
      navigator.clipboard.writeText(text).then(
        () => { button.textContent = "Copied"; },
        () => { getSelection().selectAllChildren(button.parentElement.querySelector("code")); });
    }
  });
  addEventListener("hashchange", open);
  addEventListener("beforeprint", () => all("details.r").forEach((row) => {
    if (row.dataset.v !== "pass" && !row.closest("[hidden]")) row.open = true;
  }));
  if (navigator.clipboard) all("button.copy").forEach((button) => { button.hidden = false; });
  form.hidden = false;
  open();
  filter();
})();

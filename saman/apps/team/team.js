// Professional pages: keys that act on the row in focus, focus that stays after a row is renewed, toasts that wait.
"use strict";
(() => {
  const LASTS = 20000;
  let row = "";

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = document.activeElement?.closest("tr[id^='row-']");
    if (!at || event.target.closest("input, textarea, select")) return;
    const button = at.querySelector(`[data-act="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    button.click();
  }, true);

  document.addEventListener("click", (event) => {
    row = event.target.closest("[data-act]")?.closest("tr")?.id ?? row;
  }, true);

  // A renewed row takes the focus back; a new toast begins to count.
  new MutationObserver((changes) => {
    const added = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.nodeType === 1);
    if (row && added.some((node) => node.id === row)) {
      document.getElementById(row)?.querySelector("[data-row]")?.focus();
      row = "";
    }
    added.flatMap((node) => [...(node.matches("[data-toast]") ? [node] : node.querySelectorAll("[data-toast]"))]).forEach(wait);
  }).observe(document.body, { childList: true, subtree: true });

  document.querySelectorAll("[data-toast]").forEach(wait);

  function wait(toast) {
    setTimeout(() => (toast.matches(":hover, :focus-within") ? wait(toast) : toast.remove()), LASTS);
  }
})();

// Professional pages: keys that act on the row in focus, focus that stays after a row is renewed, toasts that wait,
// and word of what is new.
"use strict";
(() => {
  const LASTS = 20000;
  const TOGETHER = 500; // those who hear of the same do not all ask in the same moment
  const UNHEARD = 30000;
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

  const live = document.querySelector("[data-live]");
  if (live) listen(live);

  // The server says when something of the unit has changed, and the page asks what is new for it. Where nothing can be
  // heard the page asks by itself, and tries again; a page that nobody looks at keeps no connection.
  function listen(live) {
    let source = null;
    let asking = 0;
    const ask = () => {
      asking ||= setTimeout(() => {
        asking = 0;
        live.dispatchEvent(new Event("changed"));
      }, Math.random() * TOGETHER);
    };
    const open = () => {
      if (document.hidden || (source && source.readyState !== EventSource.CLOSED)) return;
      source = new EventSource(live.dataset.live);
      source.addEventListener("work", ask);
    };
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) source?.close();
      else {
        open();
        ask();
      }
    });
    setInterval(() => {
      if (document.hidden || source?.readyState === EventSource.OPEN) return;
      ask();
      open();
    }, UNHEARD);
    open();
  }

  function wait(toast) {
    setTimeout(() => (toast.matches(":hover, :focus-within") ? wait(toast) : toast.remove()), LASTS);
  }
})();

// Citizen pages: says when the network is lost, shows what the device keeps, and has it sent when the line is back.
// Every page works without this file.
"use strict";
const PAGES = "saman-pages-1", KEPT = "saman-kept-1", DRAFT = "/citizen/kept-draft", body = document.body;
const show = (when, on = true) => document.querySelectorAll(`[data-when=${when}]`).forEach((note) => { note.hidden = !on; });

async function start() {
  await forgetOthers();
  keepTexts();
  offerPrint();
  forgetOnSignOut();
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", (event) => heard(event.data.state));
  await navigator.serviceWorker.register("/citizen/worker.js", { scope: "/citizen" });
  const { active } = await navigator.serviceWorker.ready;
  const flush = () => active.postMessage({ type: "flush", csrf: body.dataset.csrf, owner: body.dataset.owner });
  prepare(active);
  window.addEventListener("online", flush);
  await showKept();
  if (!("offline" in body.dataset)) flush();
}

function heard(state) {
  if (state === "offline") return;
  ["offline", "draft", "waiting"].forEach((when) => show(when, false));
  if (state === "sent" && location.pathname.startsWith("/citizen/report")) location.replace("/citizen/report/sent");
  else if (state === "kept" && (location.pathname.startsWith("/citizen/report") || "offline" in body.dataset)) location.reload();
  else show(state);
}

// Once for each draft: the pages that a lost line would need.
function prepare(worker) {
  const draft = document.querySelector("[name=draft]")?.value;
  if (!body.dataset.prepare || sessionStorage.getItem("saman-prepared") === draft) return;
  worker.postMessage({ type: "prepare", addresses: body.dataset.prepare.split(" ") });
  sessionStorage.setItem("saman-prepared", draft);
}

async function showKept() {
  const offline = "offline" in body.dataset;
  if (offline) show("offline");
  const stored = await (await caches.open(KEPT)).match(`${DRAFT}/${body.dataset.owner}`);
  if (!stored) return;
  const kept = await stored.json(), waits = Object.keys(kept.waiting).length > 0;
  if (kept.send || waits) show(kept.send ? "waiting" : "draft");
  if (!offline && !waits) return;
  const answers = { ...kept.known, ...kept.waiting };
  fillQuestion(answers);
  fillCheck(answers);
}

// A question that was answered offline shows its answer, and asks again when the number is unusual.
function fillQuestion(answers) {
  const form = document.querySelector("form[data-step]");
  const fields = form && answers[form.dataset.step];
  if (!fields) return;
  for (const [name, value] of Object.entries(fields)) {
    const field = form.elements[name];
    if (field instanceof RadioNodeList || (field && field.type === "radio")) for (const one of form.querySelectorAll(`[name=${name}]`)) one.checked = one.value === value;
    else if (field && field.type !== "submit") field.value = value;
  }
}

function fillCheck(answers) {
  const rows = [...document.querySelectorAll("[data-answer]")];
  for (const row of rows) {
    const fields = answers[row.dataset.answer];
    if (!fields) continue;
    row.textContent = said(row, fields);
    delete row.dataset.open;
  }
  if (!rows.length || rows.some((row) => "open" in row.dataset)) return;
  document.querySelectorAll("[data-missing]").forEach((part) => { part.hidden = true; });
  document.querySelectorAll("[data-complete]").forEach((part) => { part.hidden = false; });
}

function said(row, fields) {
  if (fields.not_today) return row.dataset.notToday;
  if (fields.choice) return JSON.parse(row.dataset.options)[fields.choice];
  const numbers = Object.entries(fields).filter(([name]) => name !== "confirmed").map(([, value]) => value);
  return `${numbers.join("/")} ${row.dataset.unit}`.trim();
}

// A number outside the usual range is asked about on the device when the server cannot be reached.
document.addEventListener("submit", (event) => {
  const form = event.target, card = document.querySelector("[data-sure]");
  if (!card || !form.dataset.step || event.submitter?.name === "confirmed" || event.submitter?.name === "not_today") return;
  if (navigator.onLine && !("offline" in body.dataset)) return;
  const fields = [...form.querySelectorAll("[inputmode]")];
  const number = (field) => Number(field.value.replace(",", "."));
  const unusual = fields.some((field) => number(field) < Number(field.dataset.low ?? -Infinity) || number(field) > Number(field.dataset.high ?? Infinity));
  if (!unusual) return;
  event.preventDefault();
  card.querySelector("button").value = fields.map((field) => field.value.trim().replace(",", ".")).join(" ");
  card.hidden = false;
  card.querySelector("button").focus();
});

// A message that is being written survives a lost page on this device.
function keepTexts() {
  for (const holder of document.querySelectorAll("[data-keep]")) {
    const field = holder.querySelector("textarea"), name = `saman-text-${holder.dataset.keep}`;
    if (new URLSearchParams(location.search).has("sent")) localStorage.removeItem(name);
    field.value ||= localStorage.getItem(name) || "";
    field.addEventListener("input", () => localStorage.setItem(name, field.value));
  }
}

// Printing needs a script; without one the browser's own menu does it.
function offerPrint() {
  for (const place of document.querySelectorAll("[data-print]")) {
    place.hidden = false;
    place.querySelector("button").addEventListener("click", () => window.print());
  }
}

// Pages and texts of whoever used this device before are deleted; a report that waits stays for its owner.
async function forgetOthers() {
  const before = localStorage.getItem("saman-owner");
  if (before && before !== body.dataset.owner) await forget();
  localStorage.setItem("saman-owner", body.dataset.owner);
}

async function forget() {
  localStorage.clear();
  sessionStorage.clear();
  await caches.delete(PAGES);
  const store = await caches.open(KEPT);
  for (const request of await store.keys()) {
    const kept = await (await store.match(request)).json();
    if (!kept.send && !Object.keys(kept.waiting).length) await store.delete(request);
  }
}

function forgetOnSignOut() {
  document.querySelectorAll("form[action='/auth/sign-out']").forEach((form) => form.addEventListener("submit", forget));
}

start();

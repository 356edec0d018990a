// Keeps a citizen's answers when the network is lost, and sends them once when it is back.
// What is kept: pages that were opened, the answers of the present report. Signing out deletes both.
"use strict";
const FILES = "saman-files-1", PAGES = "saman-pages-1", KEPT = "saman-kept-1", DRAFT = "/citizen/kept-draft";
const PATIENCE = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode !== "navigate") return;
  else if (request.method === "GET" && url.pathname.startsWith("/citizen")) event.respondWith(page(request));
  else if (request.method === "POST" && url.pathname.startsWith("/citizen/report/")) event.respondWith(answer(request));
});

self.addEventListener("message", (event) => {
  if (event.data.type === "prepare") event.waitUntil(prepare(event.data.addresses));
  if (event.data.type === "flush") event.waitUntil(flush(event.data.csrf));
});

// Styles, fonts and scripts never change under their address.
async function file(request) {
  const kept = await caches.match(request, { cacheName: FILES });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) (await caches.open(FILES)).put(request, response.clone());
  return response;
}

async function page(request) {
  const pages = await caches.open(PAGES);
  try {
    const response = await inTime(request);
    if (response.ok && isPage(response)) pages.put(request.url.split("#")[0], response.clone());
    return response;
  } catch {
    const kept = await pages.match(request, { ignoreSearch: true, ignoreVary: true });
    return kept ? fromStore(kept) : Response.redirect("/citizen/report/later", 303);
  }
}

// The kept page says that it is one: its body carries the mark that shows the notice.
async function fromStore(kept) {
  const text = (await kept.text()).replace("<body ", "<body data-offline ");
  return new Response(text, { headers: { "content-type": "text/html; charset=utf-8" } });
}

async function prepare(addresses) {
  const pages = await caches.open(PAGES);
  await Promise.all(addresses.map(async (address) => {
    const response = await fetch(address, { credentials: "same-origin", headers: { accept: "text/html" } }).catch(() => null);
    if (response && response.ok && !response.redirected && isPage(response)) await pages.put(address, response);
  }));
}

// A form of the report: to the server, or into the store and on to the next question.
async function answer(request) {
  const copy = request.clone();
  try {
    return await inTime(request);
  } catch {
    const fields = Object.fromEntries(new URLSearchParams(await copy.text()));
    const step = new URL(copy.url).pathname.split("/").pop();
    const draft = await load(), same = draft && draft.draft === fields.draft;
    const kept = same ? draft : { draft: fields.draft, answers: {}, comment: "", send: false };
    kept.csrf = fields.csrf;
    if (step === "send") Object.assign(kept, { send: true, comment: fields.comment || "" });
    else kept.answers[step] = only(fields);
    await save(kept);
    return Response.redirect(fields.onward || "/citizen/report/check", 303);
  }
}

function only(fields) {
  const { csrf, draft, onward, then, ...rest } = fields;
  return rest;
}

// One flush at a time. The server makes one report of one draft, so trying again never sends twice.
function flush(csrf) {
  return navigator.locks.request("saman-flush", { ifAvailable: true }, async (lock) => {
    const kept = lock && (await load());
    if (!kept) return;
    const body = new URLSearchParams({ csrf: csrf || kept.csrf, draft: kept.draft, comment: kept.comment });
    if (kept.send) body.set("send", "1");
    for (const [step, fields] of Object.entries(kept.answers))
      for (const [name, value] of Object.entries(fields)) body.set(`${step}.${name}`, value);
    const state = await post(body);
    if (["sent", "kept", "look", "stale"].includes(state)) await drop();
    await tell(state);
  });
}

async function post(body) {
  try {
    const response = await fetch("/citizen/report/kept", { method: "POST", body, headers: { accept: "application/json" } });
    return response.ok ? (await response.json()).state : "refused";
  } catch {
    return "offline";
  }
}

async function tell(state) {
  for (const client of await self.clients.matchAll()) client.postMessage({ state });
}

async function load() {
  const kept = await (await caches.open(KEPT)).match(DRAFT);
  return kept ? kept.json() : null;
}
async function save(draft) {
  await (await caches.open(KEPT)).put(DRAFT, new Response(JSON.stringify(draft)));
}
async function drop() {
  await (await caches.open(KEPT)).delete(DRAFT);
}

// A line that neither answers nor breaks counts as lost.
function inTime(request) {
  return fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
}
function isPage(response) {
  return (response.headers.get("content-type") || "").startsWith("text/html");
}

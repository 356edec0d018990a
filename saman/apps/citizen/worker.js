// Keeps a citizen's answers when the network is lost, and sends them once when it is back.
// What is kept: pages that were opened and the answers of the present report, until somebody signs out or another
// person signs in; and answers that could not be sent, for the one who gave them (`owner`), until they are sent.
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
  else if (request.method === "GET" && url.pathname.startsWith("/citizen") && !url.pathname.startsWith("/citizen/assessment")) event.respondWith(page(request));
  else if (request.method === "POST" && url.pathname.startsWith("/citizen/report/")) event.respondWith(answer(request));
});

self.addEventListener("message", (event) => {
  if (event.data.type === "prepare") event.waitUntil(prepare(event.data.addresses));
  if (event.data.type === "flush") event.waitUntil(flush(event.data));
});

// Styles, fonts and scripts never change under their address.
async function file(request) {
  const kept = await caches.match(request, { cacheName: FILES });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await remember(request, response.clone());
  return response;
}

// The newest forty files are more than any page needs.
async function remember(request, response) {
  const files = await caches.open(FILES);
  await files.put(request, response);
  const names = await files.keys();
  await Promise.all(names.slice(0, Math.max(0, names.length - 40)).map((name) => files.delete(name)));
}

async function page(request) {
  const pages = await caches.open(PAGES);
  try {
    const response = await inTime(request);
    if (response.ok && isPage(response)) pages.put(request.url.split("#")[0], response.clone());
    return response;
  } catch {
    const loose = { ignoreSearch: true, ignoreVary: true };
    const kept = (await pages.match(request, loose)) || (await pages.match("/citizen", loose));
    return kept ? fromStore(kept) : Response.error();
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

// A form of the report: to the server, or into the store and on to the next question. What the server has is noted
// too, so that the last page can show everything without a line.
async function answer(request) {
  const copy = request.clone();
  const step = new URL(request.url).pathname.split("/").pop();
  try {
    const response = await inTime(request);
    if (response.type === "opaqueredirect") await noted(step, await fieldsOf(copy));
    return response;
  } catch {
    const fields = await fieldsOf(copy), kept = await draftOf(fields);
    if (step === "send") Object.assign(kept, { send: true, comment: fields.comment || "" });
    else kept.waiting[step] = only(fields);
    await save(kept);
    return Response.redirect(fields.onward || "/citizen/report/check", 303);
  }
}

async function noted(step, fields) {
  if (step === "send") return drop(fields.owner);
  const kept = await draftOf(fields);
  kept.known[step] = only(fields);
  delete kept.waiting[step];
  await save(kept);
}

async function fieldsOf(request) {
  return Object.fromEntries(new URLSearchParams(await request.text()));
}

// known: answers that the server has; waiting: answers that it has not.
async function draftOf({ owner, draft }) {
  const kept = await load(owner);
  return kept && kept.draft === draft ? kept : { owner, draft, known: {}, waiting: {}, comment: "", send: false };
}

function only(fields) {
  const { csrf, owner, draft, onward, then, ...rest } = fields;
  return rest;
}

// One flush at a time. The server makes one report of one draft, so trying again never sends twice.
function flush({ csrf, owner }) {
  return navigator.locks.request("saman-flush", { ifAvailable: true }, async (lock) => {
    const kept = lock && (await load(owner));
    if (!kept || !(kept.send || Object.keys(kept.waiting).length)) return;
    const state = await post(formOf(kept, csrf));
    if (state === "kept") await save({ ...kept, known: { ...kept.known, ...kept.waiting }, waiting: {} });
    if (["sent", "look", "stale"].includes(state)) await drop(owner);
    await tell(state);
  });
}

function formOf(kept, csrf) {
  const body = new URLSearchParams({ csrf, draft: kept.draft, comment: kept.comment });
  if (kept.send) body.set("send", "1");
  for (const [step, fields] of Object.entries(kept.waiting))
    for (const [name, value] of Object.entries(fields)) body.set(`${step}.${name}`, value);
  return body;
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

async function load(owner) {
  const kept = await (await caches.open(KEPT)).match(`${DRAFT}/${owner}`);
  return kept ? kept.json() : null;
}
async function save(draft) {
  await (await caches.open(KEPT)).put(`${DRAFT}/${draft.owner}`, new Response(JSON.stringify(draft)));
}
async function drop(owner) {
  await (await caches.open(KEPT)).delete(`${DRAFT}/${owner}`);
}

// A line that neither answers nor breaks counts as lost.
function inTime(request) {
  return fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
}
function isPage(response) {
  return (response.headers.get("content-type") || "").startsWith("text/html");
}

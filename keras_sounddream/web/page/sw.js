// Keeps the page's files for visits without a network, and sends their headers along. Files that
// only some visitors need are kept when they are first used.

const PAGE = %FILES%;
const HEADERS = %HEADERS%;

addEventListener("install", (event) => event.waitUntil(fill().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(clear().then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  const own = url.href.startsWith(registration.scope) && request.method === "GET";
  if (own && !url.href.startsWith(`${registration.scope}api/`)) event.respondWith(answer(request));
});

async function fill() {
  const cache = await caches.open(PAGE.version);
  await cache.addAll(PAGE.files.map((file) => new Request(file, { cache: "no-cache" })));
}

async function clear() {
  const old = (await caches.keys()).filter((name) => name.startsWith("dream-"));
  await Promise.all(old.filter((name) => name !== PAGE.version).map((name) => caches.delete(name)));
}

async function fetched(cache, request) {
  const answer = await fetch(request), name = request.url.slice(registration.scope.length);
  if (answer.ok && PAGE.later.includes(name)) await cache.put(request, answer.clone());
  return answer;
}

async function answer(request) {
  const cache = await caches.open(PAGE.version);
  const kept = await cache.match(request, { ignoreSearch: true }) ?? await fetched(cache, request);
  const headers = new Headers(kept.headers);
  Object.entries(HEADERS).forEach(([name, value]) => headers.set(name, value));
  return new Response(kept.body, { status: kept.status, statusText: kept.statusText, headers });
}

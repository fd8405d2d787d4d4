// Keeps the app's own files for use without a network. It never touches /api: records live in the
// core's store, not here. Files and version are filled in by the build.

// With Trusted Types a browser takes no script by address but this one.
const OWN = '{{file:unpack.js}}';
importScripts(self.trustedTypes?.createPolicy('ankomst', { createScriptURL: () => OWN }).createScriptURL('') ?? OWN);

const BUILD = '__BUILD__';
const FILES = __PRECACHE__;
const CACHE = `ankomst-${BUILD}`;

self.addEventListener('install', (event) => {
  const wanted = (path) => new Request(path, { cache: path === '/' ? 'reload' : 'default' });
  event.waitUntil(
    caches.open(CACHE).then((cache) =>
      Promise.all([
        cache.addAll(FILES.filter((path) => !isApart(path)).map(wanted)),
        ...FILES.filter(isApart).map((path) => keepWhole(cache, path)),
      ])
    )
  );
});

// Modules come in parts, both in one file. They are kept whole, so that a start has no work with them: the page's
// as number 0, the core's as number 1.
const isApart = (path) => path.endsWith('.parts');

async function keepWhole(cache, path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  let number = 0;
  for await (const module of unpack(answer)) {
    await cache.put(`${path}?${number++}`, new Response(module, { headers: { 'content-type': 'application/wasm' } }));
  }
}

// The version before stays until the next one: a tab of it may still be starting, and the server may
// have only this one.
self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith('ankomst-') && name !== CACHE))
      .then((others) => Promise.all(others.slice(0, -1).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
  );
});

// A new version waits until a person says yes on the page.
self.addEventListener('message', (event) => {
  if (event.data === 'skip-waiting') self.skipWaiting();
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== 'GET' || address.origin !== self.location.origin) return;
  if (address.pathname.startsWith('/api/') || /^\/(healthz|readyz|sw\.js|welcome(\/.*)?)$/.test(address.pathname)) {
    return;
  }
  const wanted = request.mode === 'navigate' ? '/' : request;
  event.respondWith(
    caches
      .open(CACHE)
      .then((cache) => cache.match(wanted, { ignoreVary: true }))
      .then((kept) => kept ?? caches.match(wanted, { ignoreVary: true }))
      .then((kept) => kept ?? fetch(request))
  );
});

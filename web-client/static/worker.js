// The core's worker. Its first message brings the compiled module and the catalog; what the page sends before the
// core is ready waits here and is handed over in order.

import init, { start } from '{{file:core.js}}';

const early = [];

self.onmessage = (event) => {
  if (event.data?.module instanceof WebAssembly.Module) {
    // A fault here must reach the page, which says so.
    boot(event.data).catch((reason) => setTimeout(() => { throw reason; }));
  } else {
    early.push(event);
  }
};

async function boot({ module, build, catalog, line }) {
  await init({ module_or_path: module });
  // `start` takes over `onmessage` before its first wait.
  await start(build, new Uint8Array(catalog), line);
  for (const event of early.splice(0)) {
    self.dispatchEvent(new MessageEvent('message', { data: event.data }));
  }
}

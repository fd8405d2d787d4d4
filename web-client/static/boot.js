// Starts the app: compiles the core at once and hands it to its worker with the catalog, loads the page's module,
// registers the service worker. Not here: anything about contents.

const build = '{{build}}';

// The look chosen on this tablet, before anything is drawn.
try {
  const theme = localStorage.getItem('theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Without storage it looks as the device does.
}

const worker = new Worker('{{file:worker.js}}', { type: 'module', name: 'ankomst-core' });
const app = {
  worker,
  build,
  updateReady: false,
  // Called by the page when the person has said yes and drafts are committed.
  update() {},
};
globalThis.ankomst = app;

Promise.all([compile('{{file:core_bg.wasm}}'), bytes('{{file:catalog.bin}}')]).then(
  ([module, catalog]) => worker.postMessage({ module, build, catalog }, [catalog]),
  fault
);
worker.addEventListener('error', fault);

Promise.all([import('{{file:ui.js}}'), compile('{{file:ui_bg.wasm}}')])
  .then(async ([ui, module]) => {
    await ui.default({ module_or_path: module });
    ui.start(worker, build);
  })
  .catch(fault);

if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' }).then(watch, (reason) => {
    console.warn('The app cannot be kept for use without a network:', reason);
  });
}

async function compile(address) {
  const answer = await fetch(address);
  try {
    return await WebAssembly.compileStreaming(answer.clone());
  } catch (reason) {
    if (!answer.ok) throw reason;
    return WebAssembly.compile(await answer.arrayBuffer());
  }
}

async function bytes(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.arrayBuffer();
}

function watch(registration) {
  const ready = () => {
    // The first installation has no predecessor and needs no yes.
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    app.updateReady = true;
    app.update = () => {
      navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), {
        once: true,
      });
      registration.waiting?.postMessage('skip-waiting');
    };
    globalThis.dispatchEvent(new Event('ankomst-update'));
  };
  ready();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', ready);
  });
  // A tablet may stay open for weeks: look for a new version when it is taken up again.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') registration.update().catch(() => {});
  });
}

function fault(reason) {
  console.error('The app could not start:', reason);
  const line = document.getElementById('boot-line');
  const text = document.getElementById('boot-fault');
  if (line && text) {
    line.hidden = true;
    text.hidden = false;
  }
}

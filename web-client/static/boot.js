// Starts the app: compiles the core at once and hands it to its worker with the catalog, loads the
// page's module, registers the service worker, and lets the page go when another version takes over.
// Not here: anything about contents.

import '{{file:unpack.js}}';

const build = '{{build}}';

// What stands on the screen until the app does, and what tells that it does not.
const starts = document.getElementById('boot-line');
const told = document.getElementById('boot-fault');

// The look chosen on this tablet, before anything is drawn.
try {
  const theme = localStorage.getItem('theme');
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Without storage it looks as the device does.
}

// Held by every tab together as long as something in it may not be saved yet. The tab that keeps the
// core leaves when no other holds it: the others save through that core.
const UNSAVED = 'ankomst-unsaved';
// Longest wait for other tabs; one that is frozen must not hold up the rest for ever.
const OTHERS_MS = 5_000;
// A tablet that cannot write is asked again this often.
const FAILING_MS = 1_000;
// Largest file that is taken in, as in `shared/src/limits.rs`.
const PICKED_BYTES_MAX = 67_108_864;
// A tablet may stay open and in sight for weeks.
const LOOK_MS = 3_600_000;

// The two scripts that are started by address. With Trusted Types a browser takes no other, whoever asks.
const OWN = { core: '{{file:worker.js}}', keeper: '/sw.js' };
const policy = globalThis.trustedTypes?.createPolicy('ankomst', { createScriptURL: (name) => OWN[name] });
const script = (name) => policy?.createScriptURL(name) ?? OWN[name];

const worker = new Worker(script('core'), { type: 'module', name: 'ankomst-core' });
// Between this file and the worker; the page's own messages do not pass here.
const line = new MessageChannel();
const shown = [];
const app = {
  worker,
  build,
  updateReady: false,
  // Set by the page while the tablet cannot write: what is in memory only would go with it.
  failing: false,
  // Set by the page while it holds something chosen that the core has not all of.
  taking: false,
  // So much of what was chosen is still to be given to the page.
  making: 0,
  // The worker has gone, and with it whatever would save.
  stopped: false,
  // Name of the unit, for paper; set by the page.
  unit: '',
  // Called by the page when the person has said yes and drafts are committed.
  update() {},
  // Looks for a new version at once.
  look() {},
  // Keeps the screen lit in the middle of a visit or an interview, and lets it go dark after that.
  lit: undefined,
  async light(on) {
    if (on && (!app.lit || app.lit.released)) app.lit = await navigator.wakeLock?.request('screen').catch(() => {});
    if (!on && app.lit) {
      app.lit.release();
      app.lit = undefined;
    }
  },
  // Asks the browser for a passkey: `open` or `make` with what it needs.
  passkey(then, name, ...asked) {
    import('{{file:passkey.js}}').then((key) => key[name](...asked)).then(then, () => then());
  },
  // Asks for a file and gives what is in it, as far as one may be long that is taken in, and a byte more.
  pick(then) {
    picked({}, async ([file]) => {
      // One that cannot be read is as good as empty.
      if (file) then(new Uint8Array(await file.slice(0, PICKED_BYTES_MAX + 1).arrayBuffer().catch(() => 0)));
    });
  },
  // Asks for a picture, or for files, and gives what is kept of each; nothing of one that cannot be read.
  take(isPicture, then) {
    picked(isPicture ? { accept: 'image/*', capture: 'environment' } : { multiple: true }, async (files) => {
      app.making += files.length;
      for (const file of files) {
        then(await import('{{file:files.js}}').then(({ kept }) => kept(file, isPicture)).catch(() => {}));
        app.making -= 1;
      }
    });
  },
  // A part of what was chosen; nothing where it cannot be read any more.
  part(file, from, to, then) {
    file.slice(from, to).arrayBuffer().then((bytes) => then(new Uint8Array(bytes)), () => then());
  },
  // An address of what is in a file, until it is hidden.
  show(parts, type) {
    shown.push(URL.createObjectURL(new Blob(parts, { type })));
    return shown.at(-1);
  },
  hide() {
    for (const address of shown.splice(0)) URL.revokeObjectURL(address);
  },
  // Saves bytes as a file.
  save(parts, name) {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([parts].flat()));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), OTHERS_MS);
  },
};
globalThis.ankomst = app;

// Whether something stands in this page alone.
const takes = () => app.taking || app.making > 0;
const holds = () => app.failing || takes();
addEventListener('beforeunload', (event) => takes() && event.preventDefault());

// Asks for files as given.
function picked(given, then) {
  document.getElementById('picked')?.remove();
  const input = Object.assign(document.createElement('input'), { id: 'picked', type: 'file', hidden: true, ...given });
  input.onchange = () => {
    input.remove();
    then([...input.files]);
  };
  document.body.append(input);
  input.click();
}

// What stands at the edges of every printed page (base.css).
addEventListener('beforeprint', () => {
  const heading = document.querySelector('h1')?.textContent;
  const edges = {
    head: [app.unit, heading].filter(Boolean).join(' · '),
    foot: document.querySelector('[data-part=own]')?.textContent ?? '',
    time: new Date().toLocaleString('sv-SE').slice(0, 16),
  };
  for (const [edge, text] of Object.entries(edges)) {
    document.documentElement.style.setProperty(`--paper-${edge}`, JSON.stringify(text));
  }
});

// Nothing of it stays on a screen that may be shut.
addEventListener('afterprint', () => {
  for (const edge of ['head', 'foot', 'time']) document.documentElement.style.removeProperty(`--paper-${edge}`);
});

let letGo = () => {};
navigator.locks?.request(UNSAVED, { mode: 'shared' }, () => new Promise((go) => (letGo = go)));

let asked = () => {};
line.port1.onmessage = ({ data }) => {
  if (data.other) leave();
  else asked(data);
};

const [page, core] = modules('{{file:modules.parts}}');

Promise.all([core, bytes('{{file:catalog.bin}}')]).then(
  ([module, catalog]) =>
    worker.postMessage({ module, build, catalog, line: line.port2 }, [catalog, line.port2]),
  fault
);
worker.addEventListener('error', fault);

Promise.all([import('{{file:ui.js}}'), page])
  .then(async ([ui, module]) => {
    await ui.default({ module_or_path: module });
    ui.start(worker, build);
  })
  .catch(fault);

if ('serviceWorker' in navigator) {
  let served = navigator.serviceWorker.controller;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first installation takes over a page of its own version.
    if (served) leave();
    served = true;
  });
  navigator.serviceWorker.register(script('keeper'), { updateViaCache: 'none' }).then(watch, (reason) => {
    console.warn('The app cannot be kept for use without a network:', reason);
  });
}

// The service worker has modules whole; before there is one they come in parts, the page's before the core's: so
// the page can be seen, and typed into, while the core is still under way.
function modules(address) {
  if (navigator.serviceWorker?.controller) return [0, 1].map((number) => whole(address, number));
  const coming = unpack(fetched(address));
  return [0, 1].map(() => compiled(coming));
}

async function whole(address, number) {
  const answer = await fetched(`${address}?${number}`);
  if (answer.headers.get('content-type') === 'application/wasm') return WebAssembly.compileStreaming(answer);
  // The service worker has lost them.
  const coming = unpack(answer);
  if (number) await coming.next();
  return compiled(coming);
}

async function compiled(coming) {
  return WebAssembly.compile((await coming.next()).value);
}

async function bytes(address) {
  return (await fetched(address)).arrayBuffer();
}

async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

function watch(registration) {
  const ready = () => {
    // The first installation has no predecessor and needs no yes.
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    app.updateReady = true;
    // The new version tells every tab that it has taken over; each leaves then.
    app.update = () =>
      saved().then(() => holds() || registration.waiting?.postMessage('skip-waiting'));
    globalThis.dispatchEvent(new Event('ankomst-update'));
  };
  ready();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', ready);
  });
  const look = (app.look = () => registration.update().catch(() => {}));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') look();
  });
  setInterval(look, LOOK_MS);
}

// Waits until the core has answered everything the page asked, and the page has asked nothing more
// upon the answers; tells whether this tab keeps the core.
async function saved() {
  let before;
  for (;;) {
    const now = await new Promise((told) => {
      asked = told;
      line.port1.postMessage('saved?');
    });
    if (now.count === before) return now.leads;
    before = now.count;
  }
}

// Another version has taken over, or waits in another tab for this one to go: what stands here is
// saved, then the page is loaded anew.
async function leave() {
  if (app.leaves || app.stopped) return;
  app.leaves = true;
  let leads;
  do {
    document.body.inert = false;
    while (holds()) await new Promise((go) => setTimeout(go, FAILING_MS));
    if (app.stopped) return;
    // Leaving a field saves it; from here on nothing can be typed that would not be.
    document.activeElement?.blur();
    document.body.inert = true;
    leads = await saved();
  } while (holds());
  letGo();
  if (leads) {
    const wait = { signal: AbortSignal.timeout(OTHERS_MS) };
    await navigator.locks?.request(UNSAVED, wait, () => {}).catch(() => {});
  }
  location.reload();
}

// Without its worker the app saves nothing any more: nobody is to type on.
function fault(reason) {
  console.error('The app has stopped:', reason);
  app.stopped = true;
  document.body.inert = false;
  starts.hidden = true;
  told.hidden = false;
  if (told.isConnected) return;
  // Behind a dialog nothing can be reached.
  const top = document.querySelector('dialog[open]') ?? document.body;
  for (const one of top.children) one.inert = true;
  top.prepend(told);
  told.querySelector('a').focus();
}

//! Another release of the app, made from the one that was built: other contents, another build id,
//! other names, as `cargo xtask web` would give them.

use std::path::Path;

use tempfile::TempDir;

/// Digits of the hash at the end of a file's name.
const HASH_DIGITS: usize = 10;

/// Makes the next release of the app in a folder: the same program under another build id. None of
/// its hashed names is one of the folder's.
#[must_use]
pub fn next_release(app: &Path) -> TempDir {
    let out = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    list(app, "", &mut files);
    let old = build_of(app);
    let build = next(&old);
    let mut renamed: Vec<(String, String)> = Vec::new();
    for name in &files {
        if let Some(hash) = hash_of(name) {
            renamed.push((name.clone(), name.replacen(hash, &next(hash), 1)));
        }
    }
    for name in &files {
        let mut bytes = std::fs::read(app.join(name)).unwrap();
        if ends(name, &["js", "html", "webmanifest", "css"]) {
            let mut text = String::from_utf8(bytes).unwrap().replace(&old, &build);
            for (from, to) in &renamed {
                text = text.replace(from, to);
            }
            bytes = text.into_bytes();
        }
        let name = renamed.iter().find(|(from, _)| from == name).map_or(name, |(_, to)| to);
        let file = out.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    out
}

/// The build id of the app in a folder.
#[must_use]
pub fn build_of(app: &Path) -> String {
    let worker = std::fs::read_to_string(app.join("sw.js")).unwrap();
    let after = worker.split("const BUILD = '").nth(1).unwrap();
    after.split('\'').next().unwrap().to_owned()
}

/// Every hexadecimal digit by the one after it.
fn next(hash: &str) -> String {
    let digits = hash.chars().filter_map(|digit| digit.to_digit(16));
    digits.filter_map(|digit| char::from_digit((digit + 1) % 16, 16)).collect()
}

/// Names of all files; the compressed forms are left out, the server then sends the plain ones.
fn list(folder: &Path, prefix: &str, into: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), into);
        } else if !ends(&name, &["br", "gz"]) {
            into.push(name);
        }
    }
}

fn ends(name: &str, ends: &[&str]) -> bool {
    let end = Path::new(name).extension().unwrap_or_default();
    ends.iter().any(|known| *known == end)
}

fn hash_of(name: &str) -> Option<&str> {
    let (stem, _) = name.rsplit_once('.')?;
    let (_, hash) = stem.rsplit_once('-')?;
    let is_hash = hash.len() == HASH_DIGITS && hash.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hash.then_some(hash)
}

/// What a worker is made to do in a test: `failing`, its store takes nothing; `old`, the server wants a
/// newer app. It answers how many timers of half a minute and more are running.
const PROBE: &str = "{
  const running = new Set();
  const [start, stop, get] = [self.setTimeout, self.clearTimeout, self.fetch];
  self.setTimeout = (act, ms, ...rest) => {
    const id = start((...given) => { running.delete(id); act(...given); }, ms, ...rest);
    if (ms >= 30000) running.add(id);
    return id;
  };
  self.clearTimeout = (id) => { running.delete(id); stop(id); };
  let asked = {};
  self.fetch = (request, ...rest) => asked.old && request.url?.endsWith('/api/v1/sync')
    ? Promise.resolve(new Response(null, { status: 426, headers: { 'x-ankomst-problem': 'version' } }))
    : get(request, ...rest);
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (tables, mode, ...rest) {
    if (asked.failing && mode === 'readwrite') throw new DOMException('no room', 'QuotaExceededError');
    return begin.call(this, tables, mode, ...rest);
  };
  const line = new BroadcastChannel('probe');
  line.onmessage = ({ data }) => {
    asked = { ...asked, ...data };
    line.postMessage({ timers: running.size });
  };
}
";

/// Makes the next release of an app with the [`PROBE`] in its worker.
#[must_use]
pub fn probed(app: &Path) -> TempDir {
    let out = next_release(app);
    let mut files = Vec::new();
    list(out.path(), "", &mut files);
    let worker = files.iter().find(|name| name.starts_with("worker-") && ends(name, &["js"]));
    let file = out.path().join(worker.unwrap());
    let script = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, format!("{script}\n{PROBE}")).unwrap();
    out
}

/// The script of a page that asks the probe something and gives what it answers; ends with `answer`.
#[must_use]
pub fn probe(asked: &str) -> String {
    format!(
        "const answer = await new Promise((told) => {{
           const line = new BroadcastChannel('probe');
           line.onmessage = ({{ data }}) => told(data);
           line.postMessage({asked});
         }});"
    )
}

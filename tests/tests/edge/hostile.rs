//! A page of another origin, open in the browser of somebody who is signed in, tries everything a page can try.

use ankomst_shared::app::{Language, PAGE_FORM};
use ankomst_shared::packed::to_bytes;
use ankomst_shared::value::Value;
use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::raw::RawDevice;
use serde_json::{Value as Json, json};

use super::site::Site;

const ACT: &str = "/api/v1/desk/act";
const DESK: (u32, u32) = (1440, 900);

/// All attacks on a site, one after the other, and what each came to.
const ATTACKS: &str = r"
const [target, script, image, body, done] = arguments;
const bytes = () => new Blob([Uint8Array.from(body)], { type: 'text/plain' });
const asked = (path, how) => fetch(target + path, { credentials: 'include', ...how });
const reads = (path, how) => asked(path, how).then((a) => a.text()).then(() => 'read', () => 'refused');
const loads = (element, address) => new Promise((told) => {
  element.onload = () => told('loaded');
  element.onerror = () => told('refused');
  element.src = target + address;
  document.head.append(element);
});
const act = '/api/v1/desk/act';
const attacks = {
  read: () => reads('/api/v1/held'),
  post: () => reads(act, { method: 'POST', body: bytes() }),
  packed: () => reads(act, { method: 'POST', body: Uint8Array.from(body), headers: { 'x-y': 'z' } }),
  remove: () => reads('/api/v1/session', { method: 'DELETE' }),
  blind: () => asked(act, { method: 'POST', body: bytes(), mode: 'no-cors' }).then(() => 'answered', () => 'refused'),
  beacon: () => navigator.sendBeacon(target + act, bytes()) ? 'sent' : 'refused',
  form: () => new Promise((told) => {
    const frame = document.createElement('iframe');
    frame.name = 'sent';
    document.body.append(frame);
    const form = Object.assign(document.createElement('form'), { method: 'post', enctype: 'text/plain', target: 'sent' });
    form.action = target + act;
    const field = Object.assign(document.createElement('input'), { name: 'a', value: 'b' });
    form.append(field);
    document.body.append(form);
    frame.onload = () => told('sent');
    form.submit();
  }),
  script: () => loads(document.createElement('script'), script),
  image: () => loads(document.createElement('img'), image),
  socket: () => new Promise((told) => {
    const socket = new WebSocket(target.replace('http', 'ws') + '/api/v1/live');
    socket.onopen = () => told('open');
    socket.onerror = () => told('refused');
  }),
  window: () => new Promise((told) => {
    const other = open(target + '/', '_blank');
    addEventListener('message', (event) => event.source === other && told('held'));
    const look = () => other?.closed ? told('severed') : setTimeout(look, 50);
    look();
  }),
  frame: () => new Promise((told) => {
    const frame = document.createElement('iframe');
    frame.id = 'framed';
    frame.onload = () => told('loaded');
    frame.src = target + '/';
    document.body.append(frame);
  }),
};
(async () => {
  const came = {};
  for (const [name, attack] of Object.entries(attacks)) came[name] = await attack();
  done(came);
})();
";

/// Lets a page of an open site attack; gives what it came to, and what the frame shows.
async fn attacks(
    page: &Profile,
    from: &Site,
    (target, files): (&str, (&str, &str)),
    body: &[u8],
) -> (Json, String) {
    page.goto(&from.url()).await;
    page.see("#open").await;
    let given = vec![json!(target), json!(files.0), json!(files.1), json!(body)];
    let came = page.web().execute_async(ATTACKS, given).await.unwrap();
    let frame = page.see("#framed").await;
    frame.enter_frame().await.unwrap();
    let shown = "return [location.protocol, document.body?.innerText ?? ''].join(' ')";
    let shown = page.web().execute(shown, vec![]).await.unwrap();
    page.web().enter_default_frame().await.unwrap();
    (came.json().clone(), shown.json().as_str().unwrap_or_default().trim().to_owned())
}

/// What an administrator's page sends to end somebody's account.
fn ends(user: &str) -> Vec<u8> {
    let what = ("/administration".to_owned(), format!("end:{user}"));
    let answers: Vec<(String, Value)> = Vec::new();
    to_bytes(&(PAGE_FORM, to_bytes(&(what, (Language::Sv, answers)))))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_reads_nothing_and_changes_nothing() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let (hostile, open) = (Site::start(), Site::start());
    let folder = tempfile::tempdir().unwrap();
    let elin = RawDevice::enrol(&server.url(), folder.path(), ("elin", "elin-i-provby")).await;
    let is_in = async || elin.send("/api/v1/sync", elin.question()).await.unwrap().status == 200;
    let body = ends(&elin.me.me.user.to_string());
    let sixten = Person::arrives(&driver, &server, "hostile-sixten", "sixten", DESK).await;
    let page = &sixten.profile;
    let script = sixten.read("document.querySelector('script[src]').getAttribute('src')").await;
    let image = sixten.read("document.querySelector('link[rel=icon]').getAttribute('href')").await;
    let files = (script.as_str(), image.as_str());
    assert!(files.0.contains("boot") && files.1.starts_with('/'), "{files:?}");

    // Control: a site that defends nothing is read, framed, held and told everything by the same attacks, and the
    // browser sends it what it holds for this machine.
    let (came, framed) = attacks(page, &hostile, (&open.url(), ("/a.js", "/a.svg")), &body).await;
    let all = json!({
        "read": "read", "post": "read", "packed": "read", "remove": "read", "blind": "answered", "beacon": "sent",
        "form": "sent", "script": "loaded", "image": "loaded", "socket": "open", "window": "held", "frame": "loaded",
    });
    assert_eq!((&came, framed.as_str()), (&all, "http: open"));
    let told = open.asked(&format!("POST {ACT}"));
    assert_eq!(
        told.iter().filter(|one| one.body == body).count(),
        4,
        "post, packed, blind and beacon"
    );
    assert!(told.iter().all(|one| one.cookies.contains("__Host-ankomst=")), "{told:?}");
    assert_eq!(open.asked("DELETE /api/v1/session").len(), 1);

    // Ankomst, with the same person signed in.
    let (came, framed) = attacks(page, &hostile, (&server.url(), files), &body).await;
    let nothing = json!({
        "read": "refused", "post": "refused", "packed": "refused", "remove": "refused", "blind": "refused",
        "beacon": "sent", "form": "sent", "script": "refused", "image": "refused", "socket": "refused",
        "window": "severed", "frame": "loaded",
    });
    assert_eq!(came, nothing);
    assert!(framed.starts_with("chrome-error:"), "{framed}");
    assert!(is_in().await, "nobody's account was ended");

    // Control: sixten is signed in still, and the very bytes do their work when they come from the app's own page.
    sixten.goto("/idag").await;
    sixten.in_step().await;
    let own = "const [body, done] = arguments;
        fetch('/api/v1/desk/act', { method: 'POST', body: Uint8Array.from(body) }).then((a) => done(a.status))";
    let told = page.web().execute_async(own, vec![json!(body)]).await.unwrap();
    assert_eq!(told.json().as_u64(), Some(200));
    assert!(!is_in().await, "the account was ended");
}

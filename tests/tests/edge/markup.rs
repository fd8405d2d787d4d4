//! Words that are markup or script, in every text a person can write: they are shown as they were written, and
//! nothing of them runs.

use std::collections::BTreeSet;

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::local;
use serde_json::json;

use super::site::Site;
use super::words::written;

const TABLET: (u32, u32) = (800, 1280);
/// How many texts are written at least.
const WRITTEN_MIN: usize = 80;

/// What runs by being put into a page as markup; each has an element with `data-x`, and calls `ran`.
const RUNS: [&str; 14] = [
    "<img data-x src=x: onerror=ran()>",
    "<IMG DATA-X SRC=x: ONERROR='ran()'>",
    "<img data-x src=x: onerror=&#114;an()>",
    "<img data-x src=x:\nonerror=\nran()\n>",
    "<img/data-x/src='x:'/onerror=ran()>",
    "\"><img data-x src=x: onerror=ran()>",
    "'><img data-x src=x: onerror=ran()>",
    "</textarea><img data-x src=x: onerror=ran()>",
    "</title></style></script><img data-x src=x: onerror=ran()>",
    "--><img data-x src=x: onerror=ran()><!--",
    "<svg data-x><image href=x: onerror=ran()></svg>",
    "<details data-x open ontoggle=ran()>a</details>",
    "<video data-x><source src=x: onerror=ran()></video>",
    "<math><mtext><img data-x src=x: onerror=ran()></mtext></math>",
];

/// What runs only in other places: at a parser, in an address, a template, a style, a handler, a cell.
const OTHERS: [&str; 30] = [
    "<script data-x>ran()</script>",
    "</script><script data-x>ran()</script>",
    "<scr<script>ipt data-x>ran()</scr</script>ipt>",
    "<script data-x src=data:text/javascript,ran()></script>",
    "<script data-x type=module>ran()</script>",
    "<iframe data-x srcdoc='<script>parent.ran()</script>'></iframe>",
    "<iframe data-x src=javascript:parent.ran()></iframe>",
    "<object data-x data=javascript:ran()></object>",
    "<embed data-x src=javascript:ran()>",
    "<a data-x href=javascript:ran() autofocus onfocus=ran()>a</a>",
    "<form data-x action=javascript:ran()><button autofocus>a</button></form>",
    "<base data-x href=https://example.net/>",
    "<meta data-x http-equiv=refresh content='0;url=javascript:ran()'>",
    "<link data-x rel=stylesheet href=https://example.net/x.css>",
    "<style data-x>*{background:url(https://example.net/)}</style>",
    "<template data-x><img src=x: onerror=ran()></template>",
    "<input data-x autofocus onfocus=ran()>",
    "<body data-x onload=ran()>",
    "<div data-x style='animation:a' onanimationstart=ran()>a</div>",
    "javascript:ran()",
    "JaVaScRiPt:ran()",
    "java\tscript:ran()",
    "data:text/html,<script>ran()</script>",
    "vbscript:ran()",
    "'-ran()-'",
    "\"-ran()-\"",
    "${ran()}",
    "{{ran()}}",
    "{{constructor.constructor('ran()')()}}",
    "=HYPERLINK(\"javascript:ran()\",\"a\")",
];

/// Ways of a page to take words for code.
const WAYS: [&str; 6] = [
    "new Worker('/sw.js')",
    "document.createElement('script').src = '/sw.js'",
    "document.createElement('script').text = 'ran()'",
    "new DOMParser().parseFromString('a', 'text/html')",
    "trustedTypes.createPolicy('mine', { createHTML: (words) => words })",
    "trustedTypes.createPolicy('ankomst', { createHTML: (words) => words })",
];

/// Watches a page: what ran, what the browser had to stop, what is in it as an element.
const WATCHES: &str = "
    globalThis.tripped = 0;
    globalThis.ran = () => { globalThis.tripped += 1; };
    globalThis.stopped = [];
    document.addEventListener('securitypolicyviolation', (event) => stopped.push(event.violatedDirective));";
const SEEN: &str = "
    const links = [...document.querySelectorAll('[href], [action], [src]')].flatMap((one) => [one.href, one.action, one.src]);
    const odd = links.filter((one) => /^\\s*(javascript|vbscript|data):/i.test(String(one ?? '')));
    const foreign = performance.getEntriesByType('resource').filter((one) => new URL(one.name).origin !== location.origin);
    return JSON.stringify({ tripped, stopped, elements: document.querySelectorAll('[data-x]').length,
        odd: odd.map(String), foreign: foreign.map((one) => one.name) });";
const NOTHING: &str = r#"{"tripped":0,"stopped":[],"elements":0,"odd":[],"foreign":[]}"#;

fn corpus() -> impl Iterator<Item = &'static str> + Clone {
    RUNS.into_iter().chain(OTHERS)
}

/// A place that does not exist.
const NOWHERE: &str = "/finns-inte";

/// Goes to a place within the running app, by way of one that does not exist (whose heading is kept in `nowhere`), so
/// that the new one is waited for.
async fn goes(person: &Person, path: &str) {
    let heading = "document.querySelector('main h1')?.textContent";
    for (to, come) in [
        (NOWHERE, format!("{heading} === globalThis.nowhere")),
        (path, format!("![undefined, globalThis.nowhere].includes({heading})")),
    ] {
        let go = format!(
            "history.pushState(null, '', {to:?}); dispatchEvent(new PopStateEvent('popstate'))"
        );
        person.profile.web().execute(go, vec![]).await.unwrap();
        person.profile.until(&format!("{to} to be there"), &come).await;
    }
    still(person).await;
}

/// Waits until nothing is drawn any more.
async fn still(person: &Person) {
    let still = "const done = arguments[0];
        let left = 3;
        const watch = new MutationObserver(() => { left = 3; });
        watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        const look = () => (left -= 1) ? requestAnimationFrame(look) : (watch.disconnect(), done(0));
        requestAnimationFrame(look)";
    person.profile.web().execute_async(still, vec![]).await.unwrap();
}

/// What is to be seen of the attacks on the page that is shown.
async fn seen(person: &Person) -> String {
    let seen = person.profile.web().execute(SEEN, vec![]).await.unwrap();
    seen.json().as_str().unwrap_or_default().to_owned()
}

/// Whether the page that is shown shows something of the corpus, as text or in a field.
async fn is_shown(person: &Person) -> bool {
    let shown = "String([document.querySelector('main').innerText,
        ...[...document.querySelectorAll('main input, main textarea')].map((one) => one.value)].join().includes('ran()'))";
    person.read(shown).await == "true"
}

/// Looks at every place that a link of these places leads to and that belongs to a record; gives how many show
/// something of the corpus.
async fn looks_everywhere(person: &Person, begin: Vec<String>, records: &[String]) -> usize {
    let (mut known, mut next) = (BTreeSet::from_iter(begin.clone()), begin);
    let mut showing = 0;
    while let Some(path) = next.pop() {
        goes(person, &path).await;
        // What is written there is in fields behind this.
        let change = "String(!!document.querySelector('[data-action=change]')?.click())";
        person.read(change).await;
        still(person).await;
        assert_eq!(seen(person).await, NOTHING, "{path}");
        showing += usize::from(is_shown(person).await);
        let links = "JSON.stringify([...document.querySelectorAll('main a[href^=\"/\"]')].map((one) => one.getAttribute('href')))";
        let links: Vec<String> = serde_json::from_str(&person.read(links).await).unwrap();
        let of_them = links.into_iter().filter(|link| records.iter().any(|id| link.contains(id)));
        next.extend(of_them.filter(|link| known.insert(link.clone())));
    }
    showing
}

#[test]
fn words_that_are_markup_stay_words_on_every_page() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let (mut short, all) = (corpus().cycle(), corpus().collect::<Vec<_>>().join("\n"));
    let mut words = |long: bool| if long { all.clone() } else { short.next().unwrap().to_owned() };
    let (case, house, count) = local(written(&server, &mut words));
    assert!(count >= WRITTEN_MIN, "{count} texts were written");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(shown(&driver, &server, [case.to_string(), house.to_string()]));
}

async fn shown(driver: &Driver, server: &Server, records: [String; 2]) {
    // The tablet's own name is of the corpus.
    let elin = Person::arrives(driver, server, RUNS[5], "elin", TABLET).await;
    let page = &elin.profile;
    elin.goto(NOWHERE).await;
    page.see("main .button").await;
    let heading = "globalThis.nowhere = document.querySelector('main h1').textContent";
    page.web().execute(heading, vec![]).await.unwrap();
    page.web().execute(WATCHES, vec![]).await.unwrap();
    let [case, house] = &records;
    let mut begin: Vec<String> =
        ["/idag", "/arenden", "/boenden", "/inkorg", "/surfplatta", "/lika"]
            .map(str::to_owned)
            .into();
    begin.extend([
        format!("/arenden/{case}"),
        format!("/boenden/{house}"),
        format!("/inkorg/{case}"),
    ]);
    let showing = looks_everywhere(&elin, begin, &records).await;
    assert!(showing >= 20, "{showing} places show something of the corpus");

    // Words that are searched for, found on the tablet.
    goes(&elin, "/sok").await;
    for word in RUNS {
        page.fill("#search", &word.replace('\n', " ")).await;
        still(&elin).await;
        assert_eq!(seen(&elin).await, NOTHING, "{word}");
    }

    // This very page takes nothing as markup or as a script's address, nor another policy that would.
    let put = "try { document.querySelector('main').insertAdjacentHTML('beforeend', arguments[0]); } \
               catch (fault) { if (fault instanceof TypeError) stopped.push('put'); }";
    for word in RUNS {
        page.web().execute(put, vec![json!(word)]).await.unwrap();
    }
    let stopped = "stopped.filter((one) => one === 'put').length";
    assert_eq!(elin.read(&format!("String({stopped})")).await, RUNS.len().to_string());
    for way in WAYS {
        let tried = format!(
            "(() => {{ try {{ {way}; return 'taken'; }} catch (fault) {{ return fault.name; }} }})()"
        );
        assert_eq!(elin.read(&tried).await, "TypeError", "{way}");
    }
    assert_eq!(elin.read("String(tripped)").await, "0");

    // Control: on a page without a policy each runs.
    let site = Site::start();
    page.goto(&site.url()).await;
    page.see("#open").await;
    page.web().execute(WATCHES, vec![]).await.unwrap();
    for (word, count) in RUNS.into_iter().zip(1..) {
        page.web()
            .execute(
                "document.body.insertAdjacentHTML('beforeend', arguments[0])",
                vec![json!(word)],
            )
            .await
            .unwrap();
        page.until(&format!("{word} to run"), &format!("tripped >= {count}")).await;
    }
}

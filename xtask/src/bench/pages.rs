//! Pages of the register, as a supervisor asks for them: time on the processor for each.

use ankomst_shared::app::{Act, Action, Body, Language, Line, PAGE_FORM, PageView};
use ankomst_shared::packed::{from_bytes, to_bytes};
use anyhow::{Context, ensure};

use super::Figures;
use super::process::Server;

/// So many pages, and so many searches.
const ASKED: usize = 200;
const LISTS: [&str; 4] = ["case/case", "case/run", "residence/residence", "residence/run"];

/// Measures lists and searches, each asked once.
pub(super) fn pages(figures: &Figures, server: &Server) -> anyhow::Result<()> {
    let asker = Asker::enrol(server)?;
    let addresses = asker.addresses()?;
    let (mut words, mut lines) = (Vec::new(), 0);
    let before = server.cpu_ms()?;
    for address in &addresses {
        let page = asker.page(address)?;
        let all = lines_of(&page);
        lines += all.len();
        words.extend(all.iter().flat_map(words_of));
    }
    let each = count(addresses.len());
    figures.say("list pages asked", each, "");
    figures.say("lines of a list page", count(lines) / each, "");
    figures.say("list page, CPU", (server.cpu_ms()? - before) / each, "ms");
    words.sort_unstable();
    words.dedup();
    let terms = terms(&words);
    let before = server.cpu_ms()?;
    let mut hits = 0;
    for term in &terms {
        hits += lines_of(&asker.page(&format!("/register/sok/{term}"))?).len();
    }
    let each = count(terms.len());
    figures.say("searches asked", each, "");
    figures.say("hits of a search", count(hits) / each, "");
    figures.say("search, CPU", (server.cpu_ms()? - before) / each, "ms");
    figures.say("memory after pages", server.memory_mb()?.0, "MB");
    Ok(())
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

fn lines_of(page: &PageView) -> Vec<Line> {
    let all = page.parts.iter().flat_map(|part| match &part.body {
        Body::Lines(lines, _) => lines.clone(),
        _ => Vec::new(),
    });
    all.collect()
}

fn words_of(line: &Line) -> Vec<String> {
    let text = format!("{} {} {}", line.title, line.detail, line.figure);
    text.split([' ', ',']).filter(|word| word.len() >= 4).map(str::to_owned).collect()
}

/// Whole words, beginnings, pairs and words that nobody has, drawn evenly over what there is.
fn terms(words: &[String]) -> Vec<String> {
    let apart = words.len().div_ceil(ASKED).max(1);
    let some = words.iter().step_by(apart).enumerate();
    let term = some.map(|(at, word)| match at % 4 {
        0 => word.clone(),
        1 => word.chars().take(3).collect(),
        2 => format!("{} {word}", words.get(at * 7 % words.len()).map_or("", String::as_str)),
        _ => format!("{word}qx"),
    });
    term.collect()
}

/// Somebody signed in at a device.
struct Asker<'a> {
    server: &'a Server,
    cookies: String,
}

impl<'a> Asker<'a> {
    fn enrol(server: &'a Server) -> anyhow::Result<Self> {
        let mut asker = Self { server, cookies: String::new() };
        let (head, _) = asker.post("/api/v1/devices", &enrolment("ingrid", "ingrid-i-provby"))?;
        let cookies = head.lines().filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("set-cookie").then(|| value.split(';').next())?
        });
        asker.cookies = cookies.collect::<Vec<_>>().join("; ");
        Ok(asker)
    }

    fn post(&self, path: &str, body: &[u8]) -> anyhow::Result<(String, Vec<u8>)> {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nCookie: {}\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.cookies,
            body.len()
        );
        let answer = self.server.send(&[head.as_bytes(), body].concat())?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("no head")?;
        let (head, body) = answer.split_at(end);
        let head = String::from_utf8_lossy(head).into_owned();
        ensure!(head.starts_with("HTTP/1.1 200"), "{path}: {}", head.lines().next().unwrap_or(""));
        Ok((head, body.get(4..).unwrap_or_default().to_vec()))
    }

    fn page(&self, address: &str) -> anyhow::Result<PageView> {
        let body = to_bytes(&(PAGE_FORM, to_bytes(&(address.to_owned(), Language::Sv))));
        let (_, answer) = self.post("/api/v1/desk/page", &body)?;
        from_bytes(&answer).context("the page cannot be read")
    }

    /// Addresses of pages of all lists in all orders: each begun, and each gone on with in turn.
    fn addresses(&self) -> anyhow::Result<Vec<String>> {
        let mut waiting: Vec<String> = Vec::new();
        for list in LISTS {
            waiting.extend(led_to(&self.page(&format!("/register/{list}"))?, "order-"));
        }
        let mut addresses = Vec::new();
        while !waiting.is_empty() && addresses.len() < ASKED {
            let mut next = Vec::new();
            for address in waiting {
                next.extend(led_to(&self.page(&address)?, "next"));
                addresses.push(address);
            }
            waiting = next;
        }
        addresses.truncate(ASKED);
        ensure!(!addresses.is_empty(), "the register has no lists");
        Ok(addresses)
    }
}

/// Where the buttons of a page lead whose names begin so.
fn led_to(page: &PageView, name: &str) -> Vec<String> {
    let actions = page.parts.iter().flat_map(|part| &part.actions);
    let named = actions.filter(|action| action.name.starts_with(name));
    let address = |action: &Action| {
        if let Act::Go(address) = &action.act { Some(address.clone()) } else { None }
    };
    named.filter_map(address).collect()
}

/// The question of an enrolment in its plain form: this program does without the library that writes it.
fn enrolment(login: &str, password: &str) -> Vec<u8> {
    let mut body = vec![0, 0xa4];
    for (key, text) in [(0, login), (1, password), (2, "bench")] {
        // A short text: 0x60 and its length.
        body.extend([key, 0x60 | u8::try_from(text.len()).unwrap_or_default()]);
        body.extend(text.as_bytes());
    }
    body.extend([3, 0x58, 32]);
    body.extend([5; 32]);
    body
}

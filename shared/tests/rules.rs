//! Rules that explain themselves. Each has a table of cases, `shared/tests/rules/<rule>.toml`, with the value
//! that must come out, and all that is said of them in both languages as one text, `<rule>.txt` beside it.
//!
//! A text that differs is told whole; `ANKOMST_GOLDEN=write cargo test -p ankomst-shared --test rules` writes
//! it anew, and the difference is read in the review.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tables told as a test: a wrong row fails it; who asks for it gets the texts written"
)]

#[path = "rules/case.rs"]
mod case;
#[path = "rules/housing.rs"]
mod housing;
#[path = "rules/laws.rs"]
mod laws;
#[path = "rules/total.rs"]
mod total;

use std::fmt::Write as _;
use std::path::PathBuf;

use ankomst_shared::app::Language;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::rules::{Answer, Ask, Said, Worth, answer};

use case::{Case, Records, cases};

const LANGUAGES: [(Language, &str); 2] = [(Language::Sv, "sv"), (Language::En, "en")];

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "rules"].iter().collect()
}

fn written(worth: &Worth) -> String {
    match worth {
        Worth::Unknown => "?".to_owned(),
        Worth::Number(number) => number.to_string(),
        Worth::Range(least, most) => format!("{least}–{most}"),
        Worth::Text(text) => text.clone(),
        Worth::Disputed => "disputed".to_owned(),
    }
}

fn lines(out: &mut String, heading: &str, all: &[Said<'_>], language: Language) {
    for said in all {
        let text = said.words(Catalog::builtin(), language);
        assert!(!text.contains(['{', '}']), "a gap stays open: {text}");
        assert_ne!(text, said.id, "nothing is written for what is said");
        writeln!(out, "  {heading} {text}").unwrap();
    }
}

fn told(out: &mut String, case: &Case, ask: &Ask<'_>, answer: &Answer<'_>) {
    let catalog = Catalog::builtin();
    writeln!(out, "\n## {} ({})\n= {}", case.name, case.on, written(&answer.value)).unwrap();
    for (language, name) in LANGUAGES {
        writeln!(out, "{name}").unwrap();
        lines(out, "-", &answer.said, language);
        lines(out, "?", &answer.missing, language);
        match (answer.version, answer.rule_text(language)) {
            (Some(version), Some(text)) => {
                assert!(!text.contains(['{', '}']), "a gap stays open: {text}");
                let sources: Vec<String> = version
                    .sources
                    .iter()
                    .map(|id| catalog.code_words("source", id, language))
                    .collect();
                let (from, to) = (version.from.as_deref(), version.to.as_deref());
                let (from, to) = (from.unwrap_or(""), to.unwrap_or(""));
                let doubt = if version.unchecked { " (unchecked)" } else { "" };
                writeln!(out, "  § {text} [{from}..{to}{doubt}; {}]", sources.join("; ")).unwrap();
            }
            _ => writeln!(out, "  § – on {}", answer.on).unwrap(),
        }
        lines(out, "~", &answer.changes, language);
    }
    for used in &answer.facts {
        let fact = &used.fact;
        let value = fact.value.as_ref().map_or_else(|| "–".to_owned(), case::shown);
        let beside = used.of.checked_sub(1).map_or("", |at| ask.beside[at].0);
        let contested = if fact.contested { " (contested)" } else { "" };
        writeln!(out, "  @ {beside} {} = {value}{contested}", fact.path.as_str()).unwrap();
    }
}

/// Runs the table of a rule, and holds all that is said of it against the text beside it.
fn table(rule: &str) {
    let all = cases(&folder().join(format!("{rule}.toml")));
    assert!(all.len() >= 12, "{rule} has {} cases", all.len());
    let mut text = format!("# {rule}\n");
    let mut wrong = Vec::new();
    for case in &all {
        let records = Records::of(case);
        let beside = records.beside();
        let ask = records.ask(case, &beside);
        let found = answer(rule, &ask);
        let value = found.as_ref().map_or_else(|| "none".to_owned(), |found| written(&found.value));
        if value != case.value {
            wrong.push(format!("{}: {value}, not {}", case.name, case.value));
        }
        if let Some(found) = &found {
            told(&mut text, case, &ask, found);
        }
    }
    assert!(wrong.is_empty(), "{rule}: {wrong:#?}");
    let path = folder().join(format!("{rule}.txt"));
    if std::env::var("ANKOMST_GOLDEN").is_ok_and(|what| what == "write") {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{} is to read:\n{text}", path.display());
}

macro_rules! tables {
    ($($rule:ident),* $(,)?) => {
        $(#[test]
        fn $rule() {
            table(stringify!($rule));
        })*

        #[test]
        fn every_rule_of_the_catalog_has_a_table() {
            let known = [$(stringify!($rule)),*];
            let mut all: Vec<&str> =
                Catalog::builtin().package().rules.iter().map(|rule| rule.id.as_str()).collect();
            all.sort_unstable();
            let mut known = known.to_vec();
            known.sort_unstable();
            assert_eq!(all, known);
        }
    };
}

tables!(
    appeal_day,
    compensation,
    establishment,
    finality,
    house_capacity,
    item_overdue,
    missing_clock,
    permit_expiry,
    quota,
    retention,
    room_capacity,
    task_overdue,
    vacated,
);

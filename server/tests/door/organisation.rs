//! The organisation of the municipality, written by its administrators: departments, decisions.

use ankomst_server::storage::sqlite::accounts;
use ankomst_server::storage::sqlite::grants::{self, GrantRow};
use ankomst_server::storage::sqlite::units;
use ankomst_server::templates;
use ankomst_shared::app::{Acted, Body, Language, Line, PAGE_FORM, PageView, Role};
use ankomst_shared::packed::{from_bytes, to_bytes};
use ankomst_shared::text::{Word, w};
use ankomst_shared::value::Value;
use axum::http::{Method, StatusCode};

use super::kit::{Answer, Browser, Door, PASSWORD};

const HERE: &str = "/administration/organisation";

struct Desk {
    door: Door,
    browser: Browser,
}

impl Desk {
    async fn of(login: &str, role: Role) -> Self {
        let door = Door::with(login).await;
        let me = door.app.readers.read(|db| accounts::user_by_login(db, login)).unwrap().unwrap();
        let write = door.app.writer.write(move |db| {
            for grant in grants::of(db, me.id)? {
                grants::end(db, me.id, grant.id, 0)?;
            }
            grants::add(db, &GrantRow::of_role(me.id, me.unit, role))
        });
        write.await.unwrap();
        let mut browser = Browser::new(1);
        browser.enrol(&door, login, PASSWORD).await;
        Self { door, browser }
    }

    async fn act(&mut self, name: &str, answers: &[(&str, &str)]) -> Answer {
        let answers: Vec<(String, Value)> =
            answers.iter().map(|(id, value)| ((*id).to_owned(), Value::text(*value))).collect();
        let what = (HERE.to_owned(), name.to_owned());
        let body = to_bytes(&(PAGE_FORM, to_bytes(&(what, (Language::Sv, answers)))));
        self.browser.call(&self.door, (Method::POST, "/api/v1/desk/act"), body).await
    }

    async fn does(&mut self, name: &str, answers: &[(&str, &str)]) {
        let answer = self.act(name, answers).await;
        assert_eq!(answer.status, StatusCode::OK, "{name} {answers:?}: {}", answer.problem());
    }

    /// Does what is refused: it is said why, and the record stays as it was.
    async fn refused(&mut self, name: &str, answers: &[(&str, &str)], word: Word) {
        let before = self.stands("");
        let answer = self.act(name, answers).await;
        assert_eq!(answer.status, StatusCode::OK, "{name} {answers:?}: {}", answer.problem());
        let acted: Acted = from_bytes(&answer.body).unwrap();
        assert_eq!(acted.say, w(Language::Sv, word), "{name} {answers:?}");
        assert_eq!(self.stands(""), before);
    }

    async fn page(&mut self) -> Answer {
        let body = to_bytes(&(PAGE_FORM, to_bytes(&(HERE.to_owned(), Language::Sv))));
        self.browser.call(&self.door, (Method::POST, "/api/v1/desk/page"), body).await
    }

    async fn lines(&mut self, part: &str) -> Vec<Line> {
        let answer = self.page().await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.problem());
        let page: PageView = from_bytes(&answer.body).unwrap();
        let part = page.parts.into_iter().find(|one| one.key == part).unwrap();
        match part.body {
            Body::Lines(lines, _) => lines,
            other => panic!("{other:?}"),
        }
    }

    /// Changes of the record.
    fn changes(&self) -> usize {
        let unit = self.door.app.readers.read(units::first).unwrap().unwrap();
        let all = templates::records(&self.door.app, unit, true).unwrap();
        all.iter().map(|org| org.document.changes().count()).sum()
    }

    /// What stands in the record, as `field value`.
    fn stands(&self, field: &str) -> Vec<String> {
        let unit = self.door.app.readers.read(units::first).unwrap().unwrap();
        let all = templates::records(&self.door.app, unit, true).unwrap();
        let [org] = all.as_slice() else { panic!("{} records", all.len()) };
        let fields = org.record.fields.iter().filter(|(path, _)| path.as_str().ends_with(field));
        let mut found: Vec<String> =
            fields.filter_map(|(_, state)| state.value.as_str().map(str::to_owned)).collect();
        found.sort();
        found
    }
}

#[tokio::test]
async fn a_department_ends_on_a_day_and_another_follows() {
    let mut desk = Desk::of("org-avdelning", Role::Administrator).await;
    let first = [("code", "SOC"), ("name_sv", "Socialförvaltningen"), ("valid_from", "2020-01-01")];
    desk.does("org-department", &first).await;
    let next = [
        ("code", "AME"),
        ("name_sv", "Välfärd"),
        ("name_en", "Welfare"),
        ("valid_from", "2027-01-01"),
    ];
    desk.does("org-department", &next).await;
    // The same code twice at once would leave nobody knowing whose a task is.
    let again = [("code", "SOC"), ("name_sv", "Nya"), ("valid_from", "2027-01-01")];
    desk.refused("org-department", &again, Word::DeskDepartmentThere).await;
    let lines = desk.lines("departments").await;
    let key = |title: &str| lines.iter().find(|line| line.title == title).unwrap().key.clone();
    let (old, new) = (key("Socialförvaltningen"), key("Välfärd"));
    let change = format!("org-change:{old}");
    let ends = [
        ("name_sv", "Socialförvaltningen"),
        ("valid_to", "2026-12-31"),
        ("successor", new.as_str()),
    ];
    desk.does(&change, &ends).await;
    assert_eq!(desk.stands("/successor"), std::slice::from_ref(&new));
    // The same again says nothing new, and a circle is refused.
    desk.does(&change, &ends).await;
    let circle = [("name_sv", "Välfärd"), ("valid_to", "2030-12-31"), ("successor", old.as_str())];
    desk.refused(&format!("org-change:{new}"), &circle, Word::DeskDepartmentCircle).await;
    // What was ended leaves the code free, and the way back is to take the day away.
    desk.does("org-department", &again).await;
    let open = [("name_sv", "Socialförvaltningen")];
    desk.does(&change, &open).await;
    assert!(desk.stands("/successor").is_empty());
    for (name, answers) in [
        ("org-department", vec![("code", "XYZ"), ("name_sv", "N"), ("valid_from", "2020-01-01")]),
        ("org-department", vec![("code", "BYG"), ("name_sv", "N"), ("valid_from", "igår")]),
        ("org-department", vec![("code", "BYG"), ("name_sv", ""), ("valid_from", "2020-01-01")]),
        (&change, vec![("name_sv", "N"), ("valid_to", "2019-12-31")]),
        (&change, vec![("name_sv", "N"), ("successor", new.as_str())]),
        (&change, vec![("name_sv", "N"), ("valid_to", "2029-12-31"), ("successor", old.as_str())]),
        (&change, vec![("name_sv", "N"), ("parent", "ingen")]),
    ] {
        let answer = desk.act(name, &answers).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name} {answers:?}");
    }
    let nobody = desk.act("org-change:finns-inte", &open).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_decision_ends_the_one_before_and_is_kept_as_it_is_read() {
    let mut desk = Desk::of("org-beslut", Role::Administrator).await;
    let every = |value: &'static str, from: &'static str| {
        [
            ("key", "vacated_every"),
            ("value", value),
            ("valid_from", from),
            ("decision_ref", "KS 2026/1"),
        ]
    };
    desk.does("org-policy", &every("4", "2026-01-01")).await;
    let before = desk.changes();
    desk.does("org-policy", &every("3", "2027-01-01")).await;
    // Both in one change: no crash between them leaves the municipality without any.
    assert_eq!(desk.changes(), before + 1);
    assert_eq!(desk.stands("/value"), ["3", "4"]);
    assert_eq!(desk.stands("/valid_to"), ["2026-12-31"]);
    // A decision cannot begin under one that holds.
    desk.refused("org-policy", &every("5", "2026-06-01"), Word::DeskPolicyLater).await;
    let paid = [
        ("key", "compensation:"),
        ("about", "CAT-UAA"),
        ("value", "1 350,50"),
        ("valid_from", "2026-07-01"),
    ];
    desk.does("org-policy", &paid).await;
    assert_eq!(desk.stands("/value"), ["1350.5", "3", "4"]);
    for answers in [
        [("key", "vacated_every"), ("value", "0"), ("valid_from", "2030-01-01"), ("about", "")],
        [("key", "vacated_every"), ("value", "fyra"), ("valid_from", "2030-01-01"), ("about", "")],
        [("key", "vacated_every"), ("value", "4"), ("valid_from", "2030-01-01"), ("about", "Norr")],
        [
            ("key", "compensation:"),
            ("value", "10"),
            ("valid_from", "2030-01-01"),
            ("about", "CAT-XXX"),
        ],
        [("key", "inhabitants:"), ("value", "10"), ("valid_from", "2030-01-01"), ("about", "")],
        [("key", "annat"), ("value", "10"), ("valid_from", "2030-01-01"), ("about", "")],
    ] {
        let answer = desk.act("org-policy", &answers).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answers:?}");
    }
    let lines = desk.lines("decisions").await;
    let open = lines.iter().find(|line| line.figure == "2027-01-01 –").unwrap();
    let end = format!("org-end:{}", open.key);
    let early = desk.act(&end, &[("valid_to", "2026-01-01")]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    desk.does(&end, &[("valid_to", "2028-12-31")]).await;
    assert_eq!(desk.stands("/valid_to"), ["2026-12-31", "2028-12-31"]);
}

#[tokio::test]
async fn only_administrators_write_it() {
    for (login, role, sees) in [
        ("org-h", Role::Caseworker, StatusCode::FORBIDDEN),
        ("org-i", Role::Inspector, StatusCode::FORBIDDEN),
        ("org-s", Role::Supervisor, StatusCode::OK),
    ] {
        let mut desk = Desk::of(login, role).await;
        assert_eq!(desk.page().await.status, sees, "{role:?}");
        for name in ["org-department", "org-policy", "org-change:x", "org-end:x"] {
            let answer = desk.act(name, &[("key", "vacated_every"), ("value", "4")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role:?} {name}");
        }
    }
}

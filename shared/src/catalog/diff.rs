//! What changed from one version of a checklist to the next, in words, and which answers go where.
//!
//! Items are the same when their ids are; an item with another id that takes over the answers of one
//! names it (`was`).

use super::Catalog;
use super::model::{Again, Checklist, Due, DueUnit, Item};
use crate::app::Language;

/// One thing that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<'a> {
    /// An item nobody was asked before.
    Added(&'a Item),
    /// An item nobody is asked any more.
    Removed(&'a Item),
    /// An item that takes over the answers of one with another id.
    Replaced(&'a Item, &'a Item),
    /// An item that stands in another group, or elsewhere in its group.
    Moved(&'a Item, &'a str),
    /// An item with another text or limit.
    Reworded(&'a Item, &'a Item),
    /// An item that is due at another time, or graver or less grave.
    Redated(&'a Item, &'a Item),
    /// An item that others own, or that asks for other evidence, comes from elsewhere or is asked of
    /// others.
    Other(&'a Item),
}

/// Compares two versions of a checklist: what is gone in the order of the older one, then the rest in
/// the order of the newer one.
#[must_use]
pub fn changes<'a>(old: &'a Checklist, new: &'a Checklist) -> Vec<Change<'a>> {
    let pairs: Vec<(Option<&Item>, &Item)> =
        new.items.iter().map(|item| (before(old, item), item)).collect();
    let is_kept =
        |item: &Item| pairs.iter().any(|(was, _)| was.is_some_and(|was| was.id == item.id));
    let mut changes: Vec<Change<'_>> =
        old.items.iter().filter(|item| !is_kept(item)).map(Change::Removed).collect();
    let stays = stays(old, &pairs);
    for (was, item) in &pairs {
        let Some(was) = was else {
            changes.push(Change::Added(item));
            continue;
        };
        if was.id != item.id {
            changes.push(Change::Replaced(was, item));
        }
        if !stays.contains(&item.id.as_str()) {
            changes.push(Change::Moved(item, &item.group));
        }
        if (&was.label, &was.threshold) != (&item.label, &item.threshold) {
            changes.push(Change::Reworded(was, item));
        }
        if (&was.due, was.severity) != (&item.due, item.severity) {
            changes.push(Change::Redated(was, item));
        }
        if other(was) != other(item) {
            changes.push(Change::Other(item));
        }
    }
    changes
}

/// The item of the version before whose answers are those of an item.
#[must_use]
pub fn before<'a>(old: &'a Checklist, item: &Item) -> Option<&'a Item> {
    let id = item.was.as_ref().unwrap_or(&item.id);
    old.items.iter().find(|known| known.id == *id)
}

/// The item of an older version whose answers are those of an item of a newer one, over all versions
/// between them; `None` when nobody was asked then.
#[must_use]
pub fn item_before<'a>(
    versions: &'a [Checklist],
    newer: &'a Checklist,
    older: u32,
    item: &str,
) -> Option<&'a Item> {
    let mut list = newer;
    let mut item = list.items.iter().find(|known| known.id == item)?;
    while list.version > older {
        let earlier = versions.iter().filter(|one| one.id == list.id && one.version < list.version);
        list = earlier.max_by_key(|one| one.version)?;
        item = before(list, item)?;
    }
    (list.version == older).then_some(item)
}

type OtherParts<'a> = (&'a [String], &'a [super::Evidence], &'a [String], &'a str, bool);

fn other(item: &Item) -> OtherParts<'_> {
    (&item.departments, &item.evidence, &item.sources, &item.scope, item.short)
}

/// Items that stand in the same group and, but for as few others as can be, in the same order.
fn stays<'a>(old: &Checklist, pairs: &[(Option<&Item>, &'a Item)]) -> Vec<&'a str> {
    let mut row: Vec<(usize, &str)> = Vec::new();
    for (was, item) in pairs {
        let same = was.filter(|was| was.group == item.group);
        let place = same.and_then(|was| old.items.iter().position(|known| known.id == was.id));
        row.extend(place.map(|place| (place, item.id.as_str())));
    }
    // The longest rising run of places, each link with the best one before it.
    let mut best: Vec<Vec<(usize, &str)>> = Vec::new();
    for (place, id) in row {
        let ends_before =
            |run: &&Vec<(usize, &str)>| run.last().is_some_and(|(end, _)| *end < place);
        let mut run = best.iter().filter(ends_before).max_by_key(|run| run.len()).cloned();
        let run_of = run.get_or_insert_default();
        run_of.push((place, id));
        best.extend(run);
    }
    let longest = best.into_iter().max_by_key(Vec::len).unwrap_or_default();
    longest.into_iter().map(|(_, id)| id).collect()
}

impl Change<'_> {
    /// The change as a sentence.
    #[must_use]
    pub fn words(&self, catalog: &Catalog, new: &Checklist, language: Language) -> String {
        let say = |sv: &str, en: &str| match language {
            Language::Sv => sv.to_owned(),
            Language::En => en.to_owned(),
        };
        match self {
            Self::Added(item) => {
                format!("{} {}: {}", say("Ny", "New"), item.id, item.label.get(language))
            }
            Self::Removed(item) => {
                format!("{} {}: {}", say("Borttagen", "Removed"), item.id, item.label.get(language))
            }
            Self::Replaced(was, item) => {
                let rest = say("svaren följer med", "the answers go along");
                format!("{} {} {}; {rest}", item.id, say("ersätter", "replaces"), was.id)
            }
            Self::Moved(item, group) => {
                let group = new.groups.iter().find(|known| known.id == **group);
                let group = group.map(|group| group.label.get(language)).unwrap_or_default();
                let to = say("står på en ny plats, i", "stands in a new place, in");
                format!("{} {to} {group}", item.id)
            }
            Self::Reworded(was, item) => {
                let (now, then) = (text_of(item, language), text_of(was, language));
                let (new, old) = (say("har ny text", "has a new text"), say("förut", "before"));
                format!("{} {new}: {now} ({old}: {then})", item.id)
            }
            Self::Redated(was, item) => {
                let now = time_of(catalog, item, language);
                let then = time_of(catalog, was, language);
                let (new, old) = (say("har ny tid", "has a new time"), say("förut", "before"));
                format!("{} {new}: {now} ({old}: {then})", item.id)
            }
            Self::Other(item) => {
                let what = say(
                    "har ny ansvarig, nytt bevis, ny källa eller ny omfattning",
                    "has a new owner, evidence, source or scope",
                );
                format!("{} {what}", item.id)
            }
        }
    }
}

fn text_of(item: &Item, language: Language) -> String {
    let limit = item.threshold.as_ref().map(|limit| format!(" [{}]", limit.get(language)));
    format!("{}{}", item.label.get(language), limit.unwrap_or_default())
}

fn time_of(catalog: &Catalog, item: &Item, language: Language) -> String {
    let grade =
        item.severity.map(|grade| catalog.code_words("severity", &format!("S{grade}"), language));
    let due = item.due.as_ref().map(|due| due_words(catalog, due, language));
    grade.into_iter().chain(due).collect::<Vec<_>>().join(", ")
}

/// A due rule in words, such as `10 dagar före ankomst`.
#[must_use]
pub fn due_words(catalog: &Catalog, due: &Due, language: Language) -> String {
    let sv = language == Language::Sv;
    let anchor = catalog.code_words("anchor", &due.anchor, language).to_lowercase();
    let from = |offset: i64| {
        let count = count_words(offset, due.unit, language);
        match offset {
            0 if sv => format!("vid {anchor}"),
            0 => format!("at the {anchor}"),
            1.. if sv => format!("{count} efter {anchor}"),
            1.. => format!("{count} after the {anchor}"),
            _ if sv => format!("{count} före {anchor}"),
            _ => format!("{count} before the {anchor}"),
        }
    };
    let mut words = from(due.offset);
    if let Some(latest) = due.latest {
        words += if sv { ", allra senast " } else { ", at the very latest " };
        words += &from(latest);
    }
    let then = if sv { ", därefter " } else { ", then " };
    match &due.again {
        Again::Once => {}
        Again::Every(count, unit) => {
            words += then;
            words += if sv { "igen efter " } else { "again after " };
            words += &count_words(*count, *unit, language);
        }
        Again::At(more) => {
            for offset in more {
                words += then;
                words += &from(*offset);
            }
        }
    }
    words
}

fn count_words(count: i64, unit: DueUnit, language: Language) -> String {
    let count = count.unsigned_abs();
    let (sv, en) = match unit {
        DueUnit::Days => (["dag", "dagar"], ["day", "days"]),
        DueUnit::WorkingDays => (["arbetsdag", "arbetsdagar"], ["working day", "working days"]),
        DueUnit::Months => (["månad", "månader"], ["month", "months"]),
        DueUnit::Hours => (["timme", "timmar"], ["hour", "hours"]),
    };
    let [one, many] = if language == Language::Sv { sv } else { en };
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::super::model::{Evidence, Label, Section};
    use super::*;

    fn label(text: &str) -> Label {
        Label { sv: text.into(), en: format!("{text} (en)") }
    }

    fn item(id: &str, group: &str) -> Item {
        Item {
            id: id.into(),
            was: None,
            label: label(id),
            group: group.into(),
            departments: vec!["INT".into()],
            severity: None,
            due: Some(due(-10)),
            scope: "A".into(),
            short: false,
            evidence: vec![Evidence::Tick],
            sources: vec!["PRAX".into()],
            threshold: None,
        }
    }

    fn due(days: i64) -> Due {
        let anchor = "ARR".into();
        Due { anchor, offset: days, unit: DueUnit::Days, latest: None, again: Again::Once }
    }

    fn list(version: u32, items: Vec<Item>) -> Checklist {
        let group = |id: &str| Section { id: id.into(), label: label(&format!("Grupp {id}")) };
        Checklist {
            id: "move".into(),
            version,
            label: label("Flytt"),
            anchors: vec!["ARR".into()],
            offered: None,
            groups: vec![group("a"), group("b")],
            items,
        }
    }

    fn said(old: &Checklist, new: &Checklist, language: Language) -> Vec<String> {
        let changes = changes(old, new);
        changes.iter().map(|one| one.words(Catalog::builtin(), new, language)).collect()
    }

    #[test]
    fn nothing_is_said_of_what_stayed() {
        let all = || vec![item("M-01", "a"), item("M-02", "a"), item("M-03", "b")];
        assert_eq!(said(&list(1, all()), &list(2, all()), Language::Sv), [""; 0]);
        for built_in in &Catalog::builtin().package().checklists {
            assert!(changes(built_in, built_in).is_empty(), "{}", built_in.id);
        }
    }

    #[test]
    fn every_change_is_a_sentence_in_both_languages() {
        let old = list(
            1,
            ["M-01", "M-02", "M-03", "M-04", "M-05", "M-06"].map(|id| item(id, "a")).to_vec(),
        );
        let new = list(
            2,
            vec![
                item("M-01", "b"),
                Item { label: label("Nycklar"), ..item("M-02", "a") },
                Item { due: Some(Due { latest: Some(3), ..due(1) }), ..item("M-03", "a") },
                Item { was: Some("M-04".into()), ..item("M-14", "a") },
                Item { departments: vec!["BOS".into()], ..item("M-05", "a") },
                item("M-07", "a"),
            ],
        );
        // M-14 keeps the text of its own id in this test.
        let expected = [
            "Borttagen M-06: M-06",
            "M-01 står på en ny plats, i Grupp b",
            "M-02 har ny text: Nycklar (förut: M-02)",
            "M-03 har ny tid: 1 dag efter ankomst, allra senast 3 dagar efter ankomst (förut: 10 dagar \
             före ankomst)",
            "M-14 ersätter M-04; svaren följer med",
            "M-14 har ny text: M-14 (förut: M-04)",
            "M-05 har ny ansvarig, nytt bevis, ny källa eller ny omfattning",
            "Ny M-07: M-07",
        ];
        assert_eq!(said(&old, &new, Language::Sv), expected);
        let english = said(&old, &new, Language::En);
        assert_eq!(english[0], "Removed M-06: M-06 (en)");
        assert_eq!(
            english[3],
            "M-03 has a new time: 1 day after the arrival, at the very latest 3 days after the arrival \
             (before: 10 days before the arrival)"
        );
    }

    #[test]
    fn one_item_put_elsewhere_is_one_move() {
        let of = |ids: &[&str]| ids.iter().map(|id| item(id, "a")).collect::<Vec<_>>();
        let old = list(1, of(&["1", "2", "3", "4", "5"]));
        let moved = |ids: &[&str]| said(&old, &list(2, of(ids)), Language::En);
        assert_eq!(moved(&["5", "1", "2", "3", "4"]), ["5 stands in a new place, in Grupp a (en)"]);
        assert_eq!(moved(&["2", "3", "4", "1", "5"]), ["1 stands in a new place, in Grupp a (en)"]);
        assert_eq!(
            moved(&["1", "2", "4", "5"]),
            ["Removed 3: 3 (en)"],
            "what is left did not move"
        );
    }

    #[test]
    fn a_rule_is_told_with_its_last_day_and_its_repetition() {
        let (sv, en) = (Language::Sv, Language::En);
        let every = Due { again: Again::Every(2, DueUnit::Months), ..due(14) };
        let at = Due { again: Again::At(vec![3, 6]), unit: DueUnit::Months, ..due(1) };
        let hours = Due { anchor: "MIS".into(), unit: DueUnit::Hours, ..due(2) };
        let rows = [
            (due(0), sv, "vid ankomst"),
            (due(0), en, "at the arrival"),
            (every, sv, "14 dagar efter ankomst, därefter igen efter 2 månader"),
            (
                at,
                en,
                "1 month after the arrival, then 3 months after the arrival, then 6 months after the \
                 arrival",
            ),
            (hours, sv, "2 timmar efter senast sedd"),
        ];
        for (rule, language, wanted) in rows {
            assert_eq!(due_words(Catalog::builtin(), &rule, language), wanted);
        }
    }

    #[test]
    fn answers_of_an_older_version_are_read_under_the_newer() {
        let versions = [
            list(1, vec![item("M-01", "a"), item("M-02", "a")]),
            list(
                2,
                vec![item("M-01", "a"), Item { was: Some("M-02".into()), ..item("M-03", "a") }],
            ),
            list(
                4,
                vec![
                    item("M-01", "a"),
                    Item { was: Some("M-03".into()), ..item("M-04", "b") },
                    item("M-05", "b"),
                ],
            ),
        ];
        let [_, second, newest] = &versions;
        let answered = [("M-01", "done"), ("M-02", "blocked")];
        let read = |item: &str| {
            let was = item_before(&versions, newest, 1, item)?;
            answered.iter().find(|(id, _)| *id == was.id).map(|(_, status)| *status)
        };
        assert_eq!(read("M-01"), Some("done"));
        assert_eq!(read("M-04"), Some("blocked"), "by way of M-03");
        assert_eq!(read("M-05"), None, "nobody was asked then");
        assert_eq!(read("M-02"), None, "not an item of the newer version");
        let of = |older: u32, item: &str| {
            item_before(&versions, newest, older, item).map(|item| item.id.as_str())
        };
        assert_eq!(of(2, "M-04"), Some("M-03"));
        assert_eq!(of(4, "M-04"), Some("M-04"));
        assert_eq!(of(3, "M-04"), None, "there is no version 3");
        assert_eq!(item_before(&versions, second, 4, "M-01"), None, "4 is newer");
    }
}

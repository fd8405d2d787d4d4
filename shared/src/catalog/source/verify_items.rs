//! What must hold of checklists and their items.

use super::super::model::{
    Again, Caution, Checklist, Due, DueUnit, Evidence, Field, FieldType, Item,
};
use super::verify::Verify;

impl Verify<'_> {
    pub(super) fn checklist(&self, checklist: &Checklist) {
        let name = format!("checklist {} v{}", checklist.id, checklist.version);
        let anchors = self.codes("anchor").unwrap_or_default();
        let run = self.package.kinds.iter().find(|kind| kind.id == "run");
        for anchor in &checklist.anchors {
            if !anchors.contains(anchor.as_str()) {
                self.fault(&name, format!("there is no anchor `{anchor}`"));
            } else if run.is_some() && self.date_field(anchor).is_none() {
                self.fault(&name, format!("a run has no field for the date of `{anchor}`"));
            }
        }
        self.offered(&name, checklist);
        for item in &checklist.items {
            let name = format!("item {} v{}/{}", checklist.id, checklist.version, item.id);
            if !checklist.groups.iter().any(|group| group.id == item.group) {
                self.fault(&name, format!("there is no group `{}`", item.group));
            }
            self.timing(&name, item, &checklist.anchors);
            self.item(&name, item);
            self.only_there(&name, item, checklist);
            self.was(&name, item, checklist);
        }
    }

    /// The field of a run that holds the date of an event.
    fn date_field(&self, anchor: &str) -> Option<&Field> {
        let run = self.package.kinds.iter().find(|kind| kind.id == "run")?;
        run.fields.iter().find(|field| field.anchor.as_deref() == Some(anchor))
    }

    /// Where a run begins: a kind there is, a condition that can hold, events of the checklist.
    fn offered(&self, name: &str, checklist: &Checklist) {
        let Some(offered) = &checklist.offered else { return };
        if !offered.name.starts_with("start-") {
            self.fault(name, "the `name` of a button begins with `start-`");
        }
        let mut others = self.package.checklists.iter().filter(|other| other.id != checklist.id);
        let taken = |other: &Checklist| {
            other.offered.as_ref().is_some_and(|known| known.name == offered.name)
        };
        if let Some(other) = others.find(|other| taken(other)) {
            self.fault(name, format!("`{}` has a button `{}`, too", other.id, offered.name));
        }
        if let Some(anchor) = offered.asks.iter().find(|ask| !checklist.anchors.contains(ask)) {
            self.fault(name, format!("`{anchor}` is not one of the checklist's anchors"));
        }
        if !self.package.kinds.iter().any(|kind| kind.id == offered.at) {
            self.fault(name, format!("there is no kind `{}`", offered.at));
        }
    }

    /// An item of an inspection has a severity, one of a task checklist a due rule.
    fn timing(&self, name: &str, item: &Item, anchors: &[String]) {
        if item.severity.is_none() && item.due.is_none() {
            self.fault(name, "an item has `severity` or `due`");
        }
        if item.severity.is_some_and(|severity| !(1..=4).contains(&severity)) {
            self.fault(name, "severity goes from 1 to 4");
        }
        let Some(due) = &item.due else { return };
        if !anchors.contains(&due.anchor) {
            self.fault(name, format!("`{}` is not one of the checklist's anchors", due.anchor));
        }
        let is_moment = self.date_field(&due.anchor).map(|field| field.typ == FieldType::Time);
        if due.unit == DueUnit::Hours && is_moment == Some(false) {
            self.fault(name, format!("hours count from a time, and `{}` is a day", due.anchor));
        }
        self.counts(name, due);
        let has_number = item.evidence.iter().any(|one| matches!(one, Evidence::Number(..)));
        if due.again != Again::Once && has_number {
            self.fault(name, "an item done again has no number: its day stands there");
        }
    }

    /// Numbers of a due rule: near enough, and later ones after earlier ones.
    fn counts(&self, name: &str, due: &Due) {
        let mut counts = vec![due.offset];
        match &due.again {
            Again::Once => {}
            Again::At(then) => counts.extend(then),
            Again::Every(count, unit) => {
                if *count < 1 || *unit == DueUnit::Hours {
                    self.fault(name, "`every` counts days, working_days or months, from 1");
                }
                if count.unsigned_abs() > Due::OFFSET_MAX {
                    self.fault(name, format!("`every` counts to {} at most", Due::OFFSET_MAX));
                }
            }
        }
        if !counts.is_sorted_by(|one, next| one < next) {
            self.fault(name, "`then` goes on after the first, one after the other");
        }
        if due.latest.is_some_and(|latest| latest <= due.offset) {
            self.fault(name, "`latest` comes after the first");
        }
        counts.extend(due.latest);
        if counts.iter().any(|count| count.unsigned_abs() > Due::OFFSET_MAX) {
            self.fault(name, format!("`due` counts to {} at most", Due::OFFSET_MAX));
        }
    }

    fn item(&self, name: &str, item: &Item) {
        if !["A", "G", "F", "C"].contains(&item.scope.as_str()) {
            self.fault(name, "scope is one of A, G, F, C");
        }
        if item.departments.is_empty() || item.sources.is_empty() || item.evidence.is_empty() {
            self.fault(name, "an item has at least one department, source and evidence");
        }
        for (list, codes) in [("department", &item.departments), ("source", &item.sources)] {
            let known = self.codes(list).unwrap_or_default();
            for code in codes {
                if !known.contains(code.as_str()) {
                    self.fault(name, format!("there is no {list} `{code}`"));
                }
            }
        }
        if item.evidence.iter().any(|e| matches!(e, Evidence::Number(_, Some(Caution::ByItem)))) {
            self.fault(name, "an item's number names its own caution");
        }
    }

    /// Items are found by their id alone, so two checklists never share one.
    fn only_there(&self, name: &str, item: &Item, checklist: &Checklist) {
        let others = self.package.checklists.iter().filter(|other| other.id != checklist.id);
        for other in others {
            if other.items.iter().any(|known| known.id == item.id) {
                self.fault(name, format!("`{}` has an item `{}`, too", other.id, item.id));
            }
        }
    }

    /// Answers of the version before go to one item, and only of one that is gone.
    fn was(&self, name: &str, item: &Item, checklist: &Checklist) {
        let Some(was) = &item.was else { return };
        let earlier = self.package.checklists.iter();
        let earlier =
            earlier.filter(|one| one.id == checklist.id && one.version < checklist.version);
        let before = earlier.max_by_key(|one| one.version);
        if !before.is_some_and(|list| list.items.iter().any(|known| known.id == *was)) {
            self.fault(name, format!("the version before has no item `{was}`"));
        }
        if checklist.items.iter().any(|other| other.id == *was) {
            self.fault(name, format!("`{was}` is an item of this version, too"));
        }
        if checklist.items.iter().filter(|other| other.was.as_ref() == Some(was)).count() > 1 {
            self.fault(name, format!("two items were `{was}`"));
        }
    }
}

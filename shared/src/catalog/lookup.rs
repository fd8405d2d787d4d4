//! The loaded catalog, and finding the field a key stands for.

use std::sync::OnceLock;

use super::model::{
    Caution, Checklist, CodeList, Entries, EntryList, Evidence, Field, Item, Kind, Package, Rule,
};
use crate::app::Role;
use crate::ids::EntryId;
use crate::path::FieldPath;

/// The packed catalog. In a browser it is a file of its own beside the app, so that what is asked and
/// what asks it travel, change and are weighed apart.
#[cfg(not(target_arch = "wasm32"))]
pub const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.packed"));
#[cfg(target_arch = "wasm32")]
const PACKED: &[u8] = &[];

static LOADED: OnceLock<Catalog> = OnceLock::new();

/// The catalog a program works with: what came with it, and the municipality's own checklists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    package: &'static Package,
    /// Those of the package, then the municipality's own.
    checklists: Vec<&'static Checklist>,
    /// Says which own ones there are.
    stamp: String,
}

/// The field behind a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located<'a> {
    /// The field.
    pub field: &'a Field,
    /// The list its entry is in.
    pub list: Option<&'a EntryList>,
    /// The entry.
    pub entry: Option<&'a str>,
    /// For a set: the member.
    pub member: Option<&'a str>,
}

impl Catalog {
    /// The catalog of this program: built in, or in a browser the one that came with the app.
    ///
    /// An unreadable catalog is a defect of the build; it gives an empty one, with which nothing can
    /// be recorded and every test fails.
    #[must_use]
    pub fn builtin() -> &'static Self {
        #[cfg(feature = "plant")]
        if let Some(older) = super::older::chosen() {
            return older;
        }
        LOADED.get_or_init(|| Self::of(crate::packed::from_bytes(PACKED).unwrap_or_default()))
    }

    /// Takes the packed catalog that came with the app, before anything is asked of it; tells whether
    /// it could be read.
    #[must_use]
    pub fn load(packed: &[u8]) -> bool {
        let package = crate::packed::from_bytes(packed);
        package.is_some_and(|package| LOADED.set(Self::of(package)).is_ok())
    }

    /// A catalog of one package, which stays in memory as long as the program does.
    pub(crate) fn of(package: Package) -> Self {
        Self::from(Box::leak(Box::new(package)), Vec::new(), String::new())
    }

    fn from(package: &'static Package, own: Vec<Checklist>, stamp: String) -> Self {
        let mut checklists: Vec<&'static Checklist> = package.checklists.iter().collect();
        for list in own {
            checklists.push(Box::leak(Box::new(list)));
        }
        Self { package, checklists, stamp }
    }

    /// The same catalog with these checklists of the municipality's own; `stamp` says which they are.
    ///
    /// Whoever shows a run borrows from the catalog, so that it is never taken out of memory; a new
    /// one is made only when another checklist or version has come, a few times a year.
    #[must_use]
    pub fn with_own(&self, own: Vec<Checklist>, stamp: String) -> &'static Self {
        Box::leak(Box::new(Self::from(self.package, own, stamp)))
    }

    /// Says which own checklists there are; empty for none.
    #[must_use]
    pub fn stamp(&self) -> &str {
        &self.stamp
    }

    /// The whole package that came with the program.
    #[must_use]
    pub const fn package(&self) -> &'static Package {
        self.package
    }

    /// The municipality's own checklists, in all their versions.
    #[must_use]
    pub fn own(&self) -> &[&'static Checklist] {
        self.checklists.get(self.package.checklists.len()..).unwrap_or_default()
    }

    /// All checklists in all their versions, the municipality's own behind the others.
    #[must_use]
    pub fn checklists(&self) -> &[&'static Checklist] {
        &self.checklists
    }

    /// A record kind.
    #[must_use]
    pub fn kind(&self, id: &str) -> Option<&Kind> {
        self.package.kinds.iter().find(|kind| kind.id == id)
    }

    /// A code list.
    #[must_use]
    pub fn list(&self, id: &str) -> Option<&CodeList> {
        self.package.lists.iter().find(|list| list.id == id)
    }

    /// A rule.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&'static Rule> {
        self.package.rules.iter().find(|rule| rule.id == id)
    }

    /// A checklist of one version.
    #[must_use]
    pub fn checklist(&self, id: &str, version: u32) -> Option<&Checklist> {
        let mut all = self.checklists.iter().copied();
        all.find(|list| list.id == id && list.version == version)
    }

    /// The newest version of a checklist.
    #[must_use]
    pub fn newest_checklist(&self, id: &str) -> Option<&Checklist> {
        let all = self.checklists.iter().copied().filter(|list| list.id == id);
        all.max_by_key(|list| list.version)
    }

    /// An item of any version of any checklist; ids never change their meaning.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        self.checklists.iter().flat_map(|list| &list.items).find(|item| item.id == id)
    }

    /// The field of a run that holds the date of an event.
    #[must_use]
    pub fn date_field(&self, anchor: &str) -> Option<&Field> {
        self.kind("run")?.fields.iter().find(|field| field.anchor.as_deref() == Some(anchor))
    }

    /// Finds the field a key of a kind stands for; `None` for keys this catalog does not know.
    #[must_use]
    pub fn locate<'a>(&'a self, kind: &str, path: &'a FieldPath) -> Option<Located<'a>> {
        let kind = self.kind(kind)?;
        let parts = path.segments();
        let field = |fields: &'a [Field], id: &str| fields.iter().find(|field| field.id == id);
        if let Some(found) = field(&kind.fields, parts.head) {
            let member = parts.rest.first().copied().flatten();
            let deep = parts.rest.get(1).copied().flatten().is_some();
            return fits(found, member, deep).then_some(Located {
                field: found,
                list: None,
                entry: None,
                member,
            });
        }
        let list = kind.entry_list(parts.head)?;
        let [Some(entry), Some(id), member] = parts.rest else { return None };
        let entry_fits = match list.entries {
            Entries::Template => true,
            Entries::Keyed | Entries::Append => entry.parse::<EntryId>().is_ok(),
        };
        let found = field(&list.fields, id)?;
        (entry_fits && fits(found, member, false)).then_some(Located {
            field: found,
            list: Some(list),
            entry: Some(entry),
            member,
        })
    }

    /// The caution of a located field: an item's number has its item's own.
    #[must_use]
    pub fn caution<'a>(&'a self, located: &Located<'a>) -> Option<&'a Caution> {
        match &located.field.caution {
            Some(Caution::ByItem) => {
                self.item(located.entry?)?.evidence.iter().find_map(|evidence| {
                    if let Evidence::Number(_, caution) = evidence {
                        caution.as_ref()
                    } else {
                        None
                    }
                })
            }
            other => other.as_ref(),
        }
    }

    /// The field that bears a meaning, and the list it is in.
    #[must_use]
    pub fn anchor(&self, kind: &str, anchor: &str) -> Option<(Option<&EntryList>, &Field)> {
        let kind = self.kind(kind)?;
        let is = |field: &&Field| field.anchor.as_deref() == Some(anchor);
        if let Some(field) = kind.fields.iter().find(is) {
            return Some((None, field));
        }
        kind.entry_lists.iter().find_map(|list| Some((Some(list), list.fields.iter().find(is)?)))
    }
}

fn fits(field: &Field, member: Option<&str>, deeper: bool) -> bool {
    field.typ.has_members() == member.is_some() && !deeper
}

impl Kind {
    /// Whether one of these roles has it. Nobody has by itself what is had with what it belongs to.
    #[must_use]
    pub fn is_had_by(&self, roles: &[Role]) -> bool {
        self.roles.iter().any(|name| roles.iter().any(|role| role.name() == name))
    }

    /// A list of entries.
    #[must_use]
    pub fn entry_list(&self, id: &str) -> Option<&EntryList> {
        self.entry_lists.iter().find(|list| list.id == id)
    }

    /// The field of the record itself that bears a meaning.
    #[must_use]
    pub fn anchored(&self, anchor: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.anchor.as_deref() == Some(anchor))
    }

    /// A field of the record itself.
    #[must_use]
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }
}

impl CodeList {
    /// A code.
    #[must_use]
    pub fn code(&self, id: &str) -> Option<&super::model::Code> {
        self.codes.iter().find(|code| code.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::FieldType;
    use super::*;
    use crate::catalog::Finds;

    fn path(text: &str) -> FieldPath {
        FieldPath::parse(text).unwrap()
    }

    #[test]
    fn the_built_in_catalog_has_the_whole_of_checklist_b() {
        let catalog = Catalog::builtin();
        let checklist = catalog.newest_checklist("residence_inspection").unwrap();
        assert_eq!(checklist.items.len(), 121);
        assert_eq!(checklist.items.iter().filter(|item| item.short).count(), 25);
        assert_eq!(checklist.items.iter().filter(|item| item.severity == Some(1)).count(), 9);
    }

    #[test]
    fn the_built_in_catalog_has_the_whole_of_checklist_a() {
        let catalog = Catalog::builtin();
        let checklist = catalog.newest_checklist("arrival_household").unwrap();
        let counts = checklist
            .groups
            .iter()
            .map(|group| checklist.items.iter().filter(|item| item.group == group.id).count());
        assert_eq!(counts.collect::<Vec<_>>(), [19, 13, 15, 18, 7, 5]);
        let from = |anchor: &str| {
            let rules = checklist.items.iter().filter_map(|item| item.due.as_ref());
            rules.filter(|due| due.anchor == anchor).count()
        };
        assert_eq!((from("ASG"), from("ARR")), (6, 71));
    }

    #[test]
    fn all_eight_checklists_are_whole() {
        let catalog = Catalog::builtin();
        let lists = [
            ("arrival_household", 77),
            ("residence_inspection", 121),
            ("uam_arrival", 43),
            ("uam_rejection", 30),
            ("move_out", 29),
            ("private_lease", 34),
            ("missing_child", 10),
            ("gap", 8),
        ];
        for (id, count) in lists {
            assert_eq!(catalog.newest_checklist(id).unwrap().items.len(), count, "{id}");
        }
        let all = &catalog.package().checklists;
        assert_eq!(all.iter().map(|list| list.items.len()).sum::<usize>(), 352);
        assert!(all.iter().all(|list| list.offered.is_some()), "each can be begun somewhere");
    }

    #[test]
    fn every_event_has_its_date_in_a_run() {
        let catalog = Catalog::builtin();
        for code in &catalog.list("anchor").unwrap().codes {
            let field = catalog.date_field(&code.id).expect(&code.id);
            let wanted = if code.id == "MIS" { FieldType::Time } else { FieldType::Date };
            assert_eq!(field.typ, wanted, "{}", code.id);
        }
    }

    #[test]
    fn every_merge_code_and_every_field_type_occurs() {
        let kinds = &Catalog::builtin().package().kinds;
        let lists = kinds.iter().flat_map(|kind| &kind.entry_lists);
        let fields: Vec<&Field> = kinds
            .iter()
            .flat_map(|kind| &kind.fields)
            .chain(lists.flat_map(|list| &list.fields))
            .collect();
        for code in ["R", "N", "S", "U", "I", "M", "C", "T", "O", "D"] {
            assert!(fields.iter().any(|field| format!("{:?}", field.merge) == code), "{code}");
        }
        let names = "Text LongText Int Decimal Bool Date Time Choice Set Phone Email Postcode \
                     PersonalNumber DossierNumber Reference Count";
        for name in names.split(' ') {
            let is = |field: &&Field| format!("{:?}", field.typ).split('(').next() == Some(name);
            assert!(fields.iter().any(is), "{name}");
        }
    }

    #[test]
    fn keys_are_located_and_strange_keys_are_not() {
        let catalog = Catalog::builtin();
        let entry = "zzzzzzzzzzzzzzzz";
        for (kind, key) in [
            ("case", "phone".to_owned()),
            ("case", "legal_basis/SETTLEMENT".to_owned()),
            ("case", format!("persons/{entry}/given")),
            ("case", format!("persons/{entry}/languages/ara")),
            ("run", "item/B-F01/status".to_owned()),
        ] {
            assert!(catalog.locate(kind, &path(&key)).is_some(), "{key}");
        }
        for (kind, key) in [
            ("case", "phone/ara"),
            ("case", "legal_basis"),
            ("case", "persons/short/given"),
            ("case", "legal_basis/a/b"),
            ("house", "phone"),
            ("run", "item/B-F01"),
        ] {
            assert!(catalog.locate(kind, &path(key)).is_none(), "{key}");
        }
    }

    #[test]
    fn a_case_is_found_by_every_kind_of_number_and_name_of_its_people() {
        let case = Catalog::builtin().kind("case").unwrap();
        let persons = &case.entry_list("persons").unwrap().fields;
        for id in ["given", "family", "middle", "known_as", "native_name"] {
            let field = persons.iter().find(|field| field.id == id).unwrap();
            assert_eq!(field.finds, Some(Finds::Name), "{id}");
        }
        let numbers = ["personal", "coordination", "dossier", "lma", "reserve"];
        for id in numbers.map(|kind| format!("{kind}_number")).iter().chain([&"phone".to_owned()]) {
            let field = persons.iter().find(|field| field.id == *id).unwrap();
            assert_eq!(field.finds, Some(Finds::Number), "{id}");
        }
        assert_eq!(case.anchored("number").unwrap().finds, Some(Finds::Number));
    }

    #[test]
    fn an_items_number_has_its_items_caution() {
        let catalog = Catalog::builtin();
        let area = path("item/B-S01/value");
        let located = catalog.locate("run", &area).unwrap();
        assert_eq!(catalog.caution(&located), Some(&Caution::Lowest));
        let queue = path("item/B-H01/value");
        let located = catalog.locate("run", &queue).unwrap();
        assert_eq!(catalog.caution(&located), Some(&Caution::Highest));
    }
}

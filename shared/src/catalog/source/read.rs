//! From TOML tables to the model, file by file.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::super::model::{
    Caution, Code, CodeList, Constraint, Entries, EntryList, Field, FieldType, Finds, Formula,
    Kind, Late, Machine, MergeCode, Package, Required, Section,
};
use super::formula::{Role, Written};
use super::node::{Node, Place, fault_at, line_of};
use super::{Faults, SourceFile};

/// Where each thing stands, by a name made of its file's thing and its own ids.
pub(super) type Places = BTreeMap<String, Place>;

pub(super) struct Reader<'a> {
    files: &'a [SourceFile],
    faults: &'a Faults,
    places: Places,
    written: Vec<Written>,
}

/// Reads all files; formulas are given as they are written.
pub(super) fn package(files: &[SourceFile], faults: &Faults) -> (Package, Places, Vec<Written>) {
    let mut package = Package {
        id: String::new(),
        version: 0,
        kinds: Vec::new(),
        lists: Vec::new(),
        checklists: Vec::new(),
        rules: Vec::new(),
    };
    let mut reader = Reader { files, ..Reader::new(faults) };
    for file in files {
        let Some(table) = table(file, faults) else { continue };
        let node = Node::new(file, table.get_ref(), 0..0, faults);
        match file.name.split('/').next() {
            Some("kinds") => package.kinds.push(reader.kind(node)),
            Some("lists") => package.lists.push(reader.code_list(node)),
            Some("checklists") => package.checklists.push(reader.checklist(node)),
            Some("rules") => package.rules.push(reader.rule(node)),
            // Read where a kind includes it.
            Some("parts") => {}
            _ => {
                package.id = node.text("id");
                package.version = u32::try_from(node.number("version")).unwrap_or(0);
                node.end();
            }
        }
    }
    (package, reader.places, reader.written)
}

pub(super) fn table<'a>(
    file: &'a SourceFile,
    faults: &Faults,
) -> Option<toml::Spanned<DeTable<'a>>> {
    DeTable::parse(&file.text)
        .map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let place = Place { file: file.name.clone(), line: line_of(&file.text, at) };
            fault_at(faults, &place, format!("this is not TOML: {}", error.message()));
        })
        .ok()
}

impl<'a> Reader<'a> {
    /// A reader of one file, which includes no others.
    pub(super) const fn new(faults: &'a Faults) -> Self {
        Self { files: &[], faults, places: Places::new(), written: Vec::new() }
    }

    /// Where things stand, and the formulas as they are written.
    pub(super) fn read(self) -> (Places, Vec<Written>) {
        (self.places, self.written)
    }
}

impl Reader<'_> {
    pub(super) fn place(&mut self, node: &Node<'_>, name: String) {
        let place = node.place();
        if let Some(first) = self.places.get(&name) {
            let first = format!("{}:{}", first.file, first.line);
            fault_at(self.faults, &place, format!("`{name}` is there already, at {first}"));
        }
        self.places.insert(name, place);
    }

    fn kind(&mut self, node: Node<'_>) -> Kind {
        let id = node.text("id");
        self.place(&node, format!("kind {id}"));
        let mut kind = Kind {
            label: node.label("label"),
            belongs_to: node.texts("belongs_to"),
            single: node.flag("single"),
            roles: node.texts("roles"),
            server: node.flag("server"),
            protection: protection(&node),
            ledger: node.flag("ledger"),
            sections: self.sections(&node, "sections", &id),
            fields: self.fields(&node, &id),
            constraints: self.constraints(&node, &id),
            entry_lists: node
                .nodes("entry_lists")
                .into_iter()
                .map(|list| self.entry_list(list, &id))
                .collect(),
            id,
        };
        for part in node.texts("include") {
            self.part(&node, &part, &mut kind);
        }
        node.end();
        kind
    }

    /// Adds the fields and lists of a part that several kinds have.
    fn part(&mut self, node: &Node<'_>, part: &str, kind: &mut Kind) {
        let name = format!("parts/{part}.toml");
        let Some(file) = self.files.iter().find(|file| file.name == name) else {
            return node.fault(format!("there is no part `{part}`"));
        };
        let Some(table) = table(file, self.faults) else { return };
        let part = Node::new(file, table.get_ref(), 0..0, self.faults);
        kind.fields.extend(self.fields(&part, &kind.id));
        for list in part.nodes("entry_lists") {
            kind.entry_lists.push(self.entry_list(list, &kind.id));
        }
        part.end();
    }

    fn entry_list(&mut self, node: Node<'_>, kind: &str) -> EntryList {
        let id = node.text("id");
        let name = format!("{kind}/{id}");
        self.place(&node, format!("list of entries {name}"));
        let entries = match node.text("entries").as_str() {
            "append" => Entries::Append,
            "template" => Entries::Template,
            "keyed" => Entries::Keyed,
            other => {
                node.fault(format!("`entries` is `{other}`: keyed, append or template"));
                Entries::Keyed
            }
        };
        let list = EntryList {
            label: node.label("label"),
            entries,
            one_for: node.texts("one_for"),
            until: node.maybe_text("until"),
            affirms: node.maybe_text("affirms"),
            sections: self.sections(&node, "sections", &name),
            fields: self.fields(&node, &name),
            constraints: self.constraints(&node, &name),
            id,
        };
        node.end();
        list
    }

    pub(super) fn sections(&mut self, node: &Node<'_>, key: &str, owner: &str) -> Vec<Section> {
        let mut sections = Vec::new();
        for section in node.nodes(key) {
            let id = section.text("id");
            self.place(&section, format!("section {owner}#{id}"));
            sections.push(Section { label: section.label("label"), id });
            section.end();
        }
        sections
    }

    fn fields(&mut self, node: &Node<'_>, owner: &str) -> Vec<Field> {
        node.nodes("fields").into_iter().map(|field| self.field(field, owner)).collect()
    }

    /// Notes a formula, to be read when all files are.
    pub(super) fn formula(
        &mut self,
        node: &Node<'_>,
        (owner, of): (&str, &str),
        one: (Role, String),
    ) {
        let (role, text) = one;
        let (owner, of) = (owner.to_owned(), of.to_owned());
        self.written.push(Written { place: node.place(), owner, of, role, text });
    }

    fn constraints(&mut self, node: &Node<'_>, owner: &str) -> Vec<Constraint> {
        let mut constraints = Vec::new();
        for one in node.nodes("constraints") {
            let id = one.text("id");
            self.place(&one, format!("constraint {owner}/{id}"));
            self.formula(&one, (owner, &id), (Role::Holds, one.text("holds")));
            let (at, say) = (one.text("at"), one.label("say"));
            constraints.push(Constraint { id, at, holds: Formula::default(), say });
            one.end();
        }
        constraints
    }

    /// Notes the formulas of a field.
    fn field_formulas(&mut self, node: &Node<'_>, owner: &str, id: &str) {
        let keys = [
            ("relevant", Role::Relevant),
            ("calculate", Role::Calculate),
            ("choices", Role::Choices),
        ];
        for (key, role) in keys {
            if let Some(text) = node.maybe_text(key) {
                self.formula(node, (owner, id), (role, text));
            }
        }
        let required = node.maybe_text("required");
        if let Some((_, text)) = required.as_deref().and_then(|text| text.split_once(" if ")) {
            self.formula(node, (owner, id), (Role::Required, text.to_owned()));
        }
    }

    fn field(&mut self, node: Node<'_>, owner: &str) -> Field {
        let id = node.text("id");
        self.place(&node, format!("field {owner}/{id}"));
        self.field_formulas(&node, owner, &id);
        let field = Field {
            label: node.label("label"),
            help: node.maybe_label("help"),
            typ: field_type(&node),
            merge: merge_code(&node),
            required: required(&node),
            required_if: None,
            sensitivity: u8::try_from(node.number("sensitivity")).unwrap_or(u8::MAX),
            section: node.text("section"),
            relevant: None,
            calculate: None,
            choices: None,
            caution: caution(&node),
            machine: node.maybe_node("machine").map(machine),
            anchor: node.maybe_text("anchor"),
            finds: finds(&node),
            removal_needs_reason: node.flag("removal_needs_reason"),
            system: node.flag("system"),
            source: node.maybe_text("source"),
            id,
        };
        node.end();
        field
    }

    fn code_list(&mut self, node: Node<'_>) -> CodeList {
        let id = node.text("id");
        self.place(&node, format!("code list {id}"));
        let mut codes = Vec::new();
        for code in node.nodes("codes") {
            let code_id = code.text("id");
            self.place(&code, format!("code {id}/{code_id}"));
            codes.push(Code {
                id: code_id,
                label: code.label("label"),
                help: code.maybe_label("help"),
            });
            code.end();
        }
        let list = CodeList { label: node.label("label"), closed: node.flag("closed"), codes, id };
        node.end();
        list
    }
}

pub(super) fn caution(node: &Node<'_>) -> Option<Caution> {
    if node.is_list("caution") {
        return Some(Caution::Order(node.texts("caution")));
    }
    match node.maybe_text("caution")?.as_str() {
        "lowest" => Some(Caution::Lowest),
        "highest" => Some(Caution::Highest),
        "earliest" => Some(Caution::Earliest),
        "latest" => Some(Caution::Latest),
        "true" => Some(Caution::True),
        "false" => Some(Caution::False),
        "item" => Some(Caution::ByItem),
        other => {
            node.fault(format!("caution `{other}` is not known"));
            None
        }
    }
}

/// Reads `{ order = [...], sticky = [...], disputed = [["a", "b"]], late = [{ ... }] }`.
fn machine(node: Node<'_>) -> Machine {
    let machine = Machine {
        order: node.texts("order"),
        sticky: node.texts("sticky"),
        disputed: node.pairs("disputed"),
        late: node.nodes("late").into_iter().map(late).collect(),
    };
    node.end();
    machine
}

/// Reads `{ from = ["signed"], list = "item", to = "signed_with_late_changes" }`, with `field` and `when`.
fn late(node: Node<'_>) -> Late {
    let late = Late {
        from: node.texts("from"),
        list: node.text("list"),
        field: node.maybe_text("field"),
        when: node.maybe_text("when"),
        to: node.text("to"),
    };
    node.end();
    late
}

fn protection(node: &Node<'_>) -> u8 {
    let level = node.maybe_number("protection").unwrap_or(0);
    if !(0..=3).contains(&level) {
        node.fault("`protection` goes from 0 to 3");
    }
    u8::try_from(level).unwrap_or(0)
}

fn finds(node: &Node<'_>) -> Option<Finds> {
    match node.maybe_text("finds")?.as_str() {
        "name" => Some(Finds::Name),
        "number" => Some(Finds::Number),
        other => {
            node.fault(format!("`finds` is `{other}`: name or number"));
            None
        }
    }
}

fn merge_code(node: &Node<'_>) -> MergeCode {
    match node.text("merge").as_str() {
        "N" => MergeCode::N,
        "S" => MergeCode::S,
        "U" => MergeCode::U,
        "I" => MergeCode::I,
        "R" => MergeCode::R,
        "Q" => MergeCode::Q,
        "M" => MergeCode::M,
        "C" => MergeCode::C,
        "T" => MergeCode::T,
        "O" => MergeCode::O,
        "D" => MergeCode::D,
        other => {
            node.fault(format!(
                "merge code `{other}` is not one of R, N, S, U, I, Q, M, C, T, O, D"
            ));
            MergeCode::R
        }
    }
}

fn required(node: &Node<'_>) -> Required {
    let text = node.maybe_text("required");
    // Behind `if` stands where: see `field_formulas`.
    match text.as_deref().map(|text| text.split_once(" if ").map_or(text, |(level, _)| level)) {
        None => Required::Optional,
        Some("C") => Required::Creation,
        Some("S") => Required::Signing,
        Some("O") => Required::Opening,
        Some(other) => {
            node.fault(format!("required `{other}` is not one of C, S, O, with ` if ` and where"));
            Required::Optional
        }
    }
}

fn field_type(node: &Node<'_>) -> FieldType {
    let text = node.text("type");
    let mut parts = text.splitn(3, ':');
    let (name, first, second) =
        (parts.next().unwrap_or_default(), parts.next(), parts.next().map(str::to_owned));
    let whole = |part: Option<&str>| part.and_then(|part| part.parse::<i64>().ok());
    match (name, first) {
        ("text", None) => FieldType::Text,
        ("long_text", None) => FieldType::LongText,
        ("int", first) => FieldType::Int(whole(first), whole(second.as_deref())),
        ("decimal", Some(places)) if places.parse::<u8>().is_ok_and(|places| places <= 3) => {
            FieldType::Decimal(places.parse().unwrap_or(0), second)
        }
        ("bool", None) => FieldType::Bool,
        ("date", None) => FieldType::Date,
        ("time", None) => FieldType::Time,
        ("choice", Some(list)) => FieldType::Choice(list.to_owned()),
        ("set", Some(list)) => FieldType::Set(list.to_owned()),
        ("phone", None) => FieldType::Phone,
        ("email", None) => FieldType::Email,
        ("postcode", None) => FieldType::Postcode,
        ("personal_number", None) => FieldType::PersonalNumber,
        ("count", None) => FieldType::Count,
        ("dossier_number", None) => FieldType::DossierNumber,
        ("reference", Some(to)) => FieldType::Reference(to.to_owned()),
        _ => {
            node.fault(format!("type `{text}` is not known"));
            FieldType::Text
        }
    }
}

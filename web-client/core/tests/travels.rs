//! Whatever is typed within the limits of the forms makes changes that travel: the server's gate lets each in.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use std::collections::BTreeMap;

use ankomst_core::Core;
use ankomst_core::store::{MemoryStore, Store, Table};
use ankomst_shared::app::{Act, Acted, Command, Refusal, Reply};
use ankomst_shared::catalog::{Catalog, Entries, Field, FieldType, MergeCode};
use ankomst_shared::chunk::rules::check;
use ankomst_shared::chunk::{MemoryIndex, RuleOutcome, parse};
use ankomst_shared::ids::{DocumentId, EntryId};
use ankomst_shared::limits::FIELD_TEXT_BYTES_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::deposit::DepositKey;
use ankomst_shared::sync::message::SealedPart;
use ankomst_shared::value::Value;
use futures_util::FutureExt;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use desk::{Desk, ask, shown, signed_in, started, unlock};

/// Where in a case, and in the first entries of its lists, a text of any length is typed.
fn fields() -> Vec<String> {
    let case = Catalog::builtin().kind("case").unwrap();
    let texts = |fields: &[Field], below: &str| {
        let texts = fields.iter().filter(|field| {
            let is_text = matches!(field.typ, FieldType::Text | FieldType::LongText);
            is_text && matches!(field.merge, MergeCode::R | MergeCode::T)
        });
        texts.map(|field| format!("{below}{}", field.id)).collect::<Vec<_>>()
    };
    let entry = EntryId::from_bytes([7; 10]);
    let lists = case.entry_lists.iter().filter(|list| list.entries == Entries::Keyed);
    let below = lists.flat_map(|list| texts(&list.fields, &format!("{}/{entry}/", list.id)));
    texts(&case.fields, "").into_iter().chain(below).collect()
}

fn text(letter: char, bytes: usize) -> String {
    core::iter::repeat_n(letter, bytes / letter.len_utf8()).collect()
}

fn new_case(core: &Core<Desk>, label: &str) -> DocumentId {
    let label = vec![("label".to_owned(), Value::text(label))];
    match ask(core, Command::Act(Act::NewCase, label)) {
        Reply::Acted(Acted { document: Some(document), .. }) => document,
        other => panic!("no case: {other:?}"),
    }
}

fn types(core: &Core<Desk>, document: DocumentId, (path, typed): (&str, &str)) {
    let (path, value) = (FieldPath::parse(path).unwrap(), Value::text(typed));
    assert_eq!(ask(core, Command::Type { document, path, value }), Reply::Saved);
}

/// What the server finds in the deposits of a record, letting them in one after the other, from the first on.
fn arrives(store: &MemoryStore, document: DocumentId) -> BTreeMap<String, Option<Value>> {
    let key = DepositKey::from_seed([8; 32]);
    let mut infos = Vec::new();
    for (_, sealed) in store.load(Table::Deposits, b"").now_or_never().unwrap().unwrap() {
        let Ok(bytes) = key.open(&sealed) else { continue };
        let part: SealedPart = minicbor::decode(&bytes).unwrap();
        let chunks = part.chunks.iter().filter(|_| part.document == document);
        infos.extend(chunks.map(|chunk| parse(chunk).unwrap()));
    }
    infos.sort_by_key(|info| info.start_op);
    let (mut index, mut all) = (MemoryIndex::default(), BTreeMap::new());
    for info in infos {
        assert_eq!(check(&index, document, &info).unwrap(), RuleOutcome::Fine);
        index.add(document, &info);
        all.extend(info.ops.into_iter().map(|op| (op.key.as_str().to_owned(), op.value)));
    }
    all
}

#[test]
fn nine_texts_of_64_kib_in_one_commit_travel() {
    let store = MemoryStore::default();
    let (core, _) = signed_in(&store);
    let document = new_case(&core, "Häbte");
    let long = text('e', FIELD_TEXT_BYTES_MAX);
    let fields: Vec<String> = fields().into_iter().take(9).collect();
    assert_eq!(fields.len(), 9);
    for field in &fields {
        types(&core, document, (field, &long));
    }
    let before = store.commits();
    assert_eq!(ask(&core, Command::Commit(document)), Reply::Done);
    assert_eq!(store.commits(), before + 1, "one commit, so that no crash parts them");
    let there = arrives(&store, document);
    for field in &fields {
        assert_eq!(there.get(field), Some(&Some(Value::text(&long))), "{field}");
    }
    // And it is all there after the power was cut.
    let core = started(Desk::on(&store.restarted()));
    unlock(&core);
    for field in fields.iter().filter(|field| !field.contains('/')) {
        assert_eq!(shown(&core, document, field), Value::text(&long), "{field}");
    }
}

#[test]
fn whatever_is_typed_within_the_limits_travels() {
    let store = MemoryStore::default();
    let (core, _) = signed_in(&store);
    let fields = fields();
    let bytes = prop_oneof![Just(FIELD_TEXT_BYTES_MAX), 1..200_usize, 30_000..FIELD_TEXT_BYTES_MAX];
    let letter = prop_oneof![Just('e'), Just('ä'), Just('ሀ'), Just('😀')];
    let one = (0..fields.len(), bytes, letter);
    // What is typed, what of it before the first change, and whether it is left as it is half typed.
    let all = (prop::collection::vec(one, 1..14), 0..14_usize, any::<bool>());
    let mut runner =
        TestRunner::new(Config { cases: 8, max_shrink_iters: 20, ..Config::default() });
    let run = runner.run(&all, |(typed, first, is_half)| {
        let document = new_case(&core, "Noori");
        let mut last = BTreeMap::new();
        for (at, (field, bytes, letter)) in typed.into_iter().enumerate() {
            if at == first {
                ask(&core, Command::Commit(document));
            }
            let field = &fields[field];
            let typed = text(letter, bytes);
            types(&core, document, (field, &typed));
            last.insert(field.clone(), typed);
        }
        if is_half {
            // Locked at once, nothing has become a change by a rest: it goes as a deposit.
            ask(&core, Command::Lock);
            unlock(&core);
        } else {
            ask(&core, Command::Commit(document));
        }
        let there = arrives(&store, document);
        for (field, typed) in last {
            prop_assert_eq!(there.get(&field), Some(&Some(Value::text(&typed))), "{}", field);
        }
        Ok(())
    });
    run.unwrap();
}

#[test]
fn what_is_typed_beyond_a_limit_takes_nothing_else_along() {
    let store = MemoryStore::default();
    let (core, _) = signed_in(&store);
    let document = new_case(&core, "Häbte");
    let fields = fields();
    types(&core, document, (&fields[0], &text('e', FIELD_TEXT_BYTES_MAX + 1)));
    types(&core, document, (&fields[1], "Mazar"));
    ask(&core, Command::Lock);
    let there = arrives(&store, document);
    assert_eq!(there.get(&fields[1]), Some(&Some(Value::text("Mazar"))));
    // A draft that is too long is said to be, and stays; as much of it as travels is sealed, too.
    let sealed = there.get(&fields[0]).cloned().flatten().unwrap();
    assert_eq!(sealed.as_str().unwrap().len(), FIELD_TEXT_BYTES_MAX);
    unlock(&core);
    // A note to the authors is in no field whose limit a form knows.
    let note = text('e', FIELD_TEXT_BYTES_MAX + 1);
    let reply = ask(&core, Command::Review { document, approved: false, note });
    assert_eq!(reply, Reply::Refused(Refusal::TooLong));
    arrives(&store, document);
}

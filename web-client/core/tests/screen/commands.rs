//! All commands, and which of them may come while nothing may be read.

use ankomst_shared::app::{Act, Command, FileAsk, Language, NewFile, NewKey, Query, SignIn};
use ankomst_shared::ids::{ConflictId, DocumentId, EntryId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

/// Every command that there is; a new one does not compile until it is here.
pub(super) fn every_command(document: DocumentId) -> Vec<Command> {
    let path = || FieldPath::parse("arriving_from").unwrap();
    let login = || "elin".to_owned();
    let all = vec![
        Command::Status,
        Command::SetLanguage(Language::Sv),
        Command::SyncNow,
        Command::SafetyCopy,
        Command::Touched,
        Command::Lock,
        Command::Pin("0000".to_owned()),
        Command::Unlock { login: login(), passphrase: "inte den rätta".to_owned() },
        Command::SignIn(SignIn {
            login: login(),
            password: "x".to_owned(),
            passphrase: "för kort".to_owned(),
            device_name: "x".to_owned(),
            forgotten: false,
            passkey: Vec::new(),
        }),
        Command::OpenByKey { login: login(), secret: vec![1; 32] },
        Command::Challenge(false),
        Command::Challenge(true),
        Command::TakeKey(NewKey { secret: vec![1; 32], ..NewKey::default() }),
        Command::Act(Act::NoPasskey, Vec::new()),
        Command::Get(Query::Page("/arenden".to_owned())),
        Command::Get(Query::Page("/sok/hä".to_owned())),
        Command::Get(Query::Page("/register".to_owned())),
        Command::Get(Query::Page(format!("/arenden/{document}"))),
        Command::Get(Query::Run(document)),
        Command::Get(Query::Form { document, entry: None }),
        Command::Get(Query::Inbox),
        Command::Get(Query::Changes(document)),
        Command::Type { document, path: path(), value: Value::text("x") },
        Command::Commit(document),
        Command::AddEntry { document, list: "persons".to_owned(), answers: Vec::new() },
        Command::Act(Act::NewCase, vec![("label".to_owned(), Value::text("x"))]),
        Command::Act(Act::Server("/register".to_owned(), "x".to_owned()), Vec::new()),
        Command::Act(Act::Pin, Vec::new()),
        Command::Act(Act::Sync, Vec::new()),
        Command::Settle {
            document,
            path: path(),
            conflict: ConflictId::from_bytes([1; 16]),
            value: Value::Null,
            reason: String::new(),
        },
        Command::Unsettle { document, settlement: EntryId::from_bytes([1; 10]) },
        Command::Review { document, approved: true, note: String::new() },
        Command::TakeOn { document, mine: true },
        Command::Asked { form: document, tab: "1".to_owned(), leaves: false },
        Command::Printed(vec![document.to_string()]),
        Command::HandOver,
        Command::TakeFile(b"x".to_vec()),
        Command::File(FileAsk::Begin(NewFile {
            document,
            shows: String::new(),
            caption: String::new(),
            mime: "image/jpeg".to_owned(),
            bytes: 3,
            taken_ms: 1,
            geo_stripped: true,
        })),
        Command::File(FileAsk::Get(document, "x".to_owned(), 0)),
        Command::SignOut,
    ];
    let kinds: std::collections::BTreeSet<u8> = all.iter().map(number).collect();
    assert_eq!(kinds.len(), 27, "{kinds:?}");
    all
}

const fn number(command: &Command) -> u8 {
    match command {
        Command::Status => 0,
        Command::SignIn(_) => 1,
        Command::Unlock { .. } => 2,
        Command::Lock => 3,
        Command::SignOut => 4,
        Command::SetLanguage(_) => 5,
        Command::Get(_) => 6,
        Command::Type { .. } => 7,
        Command::Commit(_) => 8,
        Command::AddEntry { .. } => 9,
        Command::Act(..) => 10,
        Command::Settle { .. } => 11,
        Command::Unsettle { .. } => 12,
        Command::Review { .. } => 13,
        Command::TakeOn { .. } => 14,
        Command::SyncNow => 15,
        Command::Asked { .. } => 16,
        Command::SafetyCopy => 17,
        Command::Touched => 18,
        Command::Pin(_) => 19,
        Command::OpenByKey { .. } => 20,
        Command::Challenge(_) => 21,
        Command::TakeKey(_) => 22,
        Command::Printed(_) => 23,
        Command::HandOver => 24,
        Command::TakeFile(_) => 25,
        Command::File(_) => 26,
    }
}

/// What may come: it opens, shuts, sends, or asks how the device stands.
pub(super) fn may_come(command: &Command) -> bool {
    let name = format!("{command:?}");
    [
        "Status",
        "SetLanguage",
        "SyncNow",
        "SafetyCopy",
        "Touched",
        "Lock",
        "Pin(",
        "Unlock",
        "OpenByKey",
        "Challenge(false)",
        "SignIn",
        "SignOut",
    ]
    .iter()
    .any(|known| name.starts_with(known))
}

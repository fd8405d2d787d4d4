//! One headless tablet: a folder, a server's address and the core on them.
//!
//! Runs inside a `tokio::task::LocalSet`, see [`local`].

use std::cell::{Cell, Ref, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ankomst_core::app::Core;
use ankomst_shared::app::{
    Act, Acted, Body, ChangeListView, Command, Contact, FieldView, FormView, PageView, Query,
    Reply, RunView, SignIn, Status, View,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use tokio::task::JoinHandle;
use tokio_rustls::rustls::ClientConfig;

use super::heard::Heard;
use super::platform::{MachineClock, TabletPlatform};
use super::store::FileStore;
use super::transport::{Bend, HttpTransport};

/// How long a tablet may take to have sent and heard everything.
pub const SYNC_MAX: Duration = Duration::from_mins(1);

const LOOK_MS: u64 = 20;
const WAKE_MS: u128 = 500;

/// A tablet that is switched on.
pub struct Tablet {
    folder: PathBuf,
    server: String,
    trust: Option<Arc<ClientConfig>>,
    core: Core<TabletPlatform>,
    contact: JoinHandle<()>,
    heard: Rc<RefCell<Heard>>,
    bend: Rc<RefCell<Bend>>,
    ahead_ms: Rc<Cell<i64>>,
}

impl Drop for Tablet {
    fn drop(&mut self) {
        self.contact.abort();
    }
}

/// Runs a future and what it spawns on this thread.
pub fn local<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, work)
}

impl Tablet {
    /// Switches a tablet on; it looks for the server from then on.
    pub async fn open(folder: &Path, server: &str) -> Self {
        Self::trusting(folder, server, None).await
    }

    /// Switches a tablet on that accepts a certificate.
    pub async fn trusting(folder: &Path, server: &str, trust: Option<Arc<ClientConfig>>) -> Self {
        let store = FileStore::open(folder).unwrap();
        let transport = HttpTransport::new(server, folder.join("cookies"), trust.clone());
        let (heard, bend) = (transport.heard(), transport.bend());
        let clock = MachineClock::default();
        let ahead_ms = Rc::clone(&clock.ahead_ms);
        let platform = TabletPlatform::new(store, transport, clock);
        let core = Core::start(platform, "tablet").await.unwrap();
        let running = core.clone();
        let contact = tokio::task::spawn_local(async move { running.run().await });
        Self {
            folder: folder.to_path_buf(),
            server: server.to_owned(),
            trust,
            core,
            contact,
            heard,
            bend,
            ahead_ms,
        }
    }

    /// Switches it off without a word, as an empty battery would, and gives its folder.
    pub async fn crash(self) -> PathBuf {
        let folder = self.folder.clone();
        self.contact.abort();
        drop(self);
        // The ended task lets go of the store when it is next looked at.
        tokio::task::yield_now().await;
        folder
    }

    /// Switches it off and on again.
    pub async fn reopen(self) -> Self {
        let (server, trust) = (self.server.clone(), self.trust.clone());
        let folder = self.crash().await;
        Self::trusting(&folder, &server, trust).await
    }

    /// Sets its clock so much ahead, as if that time had passed.
    pub fn later(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap();
        self.ahead_ms.set(self.ahead_ms.get() + ms);
    }

    /// Carries out a command.
    pub async fn handle(&self, command: Command) -> Reply {
        self.core.handle(command).await
    }

    /// Carries out a command that must not be refused.
    pub async fn must(&self, command: Command) -> Reply {
        let shown = format!("{command:?}");
        let reply = self.handle(command).await;
        assert!(!matches!(reply, Reply::Refused(_)), "{shown}: {reply:?}");
        reply
    }

    /// Signs in with the server at hand; the passphrase is made from the login.
    pub async fn login(&self, login: &str, password: &str) {
        let passphrase = passphrase(login);
        let (login, password) = (login.to_owned(), password.to_owned());
        let device_name = format!("Surfplatta {login}");
        self.must(Command::SignIn(SignIn {
            login,
            password,
            passphrase,
            device_name,
            forgotten: false,
            passkey: Vec::new(),
        }))
        .await;
    }

    /// Opens the vault of a person without the server.
    pub async fn unlock(&self, login: &str) {
        let passphrase = passphrase(login);
        self.must(Command::Unlock { login: login.to_owned(), passphrase }).await;
    }

    /// The state of the device.
    #[must_use]
    pub fn status(&self) -> Status {
        self.core.status()
    }

    /// From now on only counts what it hears, without reading it.
    pub fn is_brief(&self) {
        self.heard.borrow_mut().is_brief = true;
    }

    /// What went over its wire since it was switched on.
    #[must_use]
    pub fn heard(&self) -> Ref<'_, Heard> {
        self.heard.borrow()
    }

    /// What is done to bodies on their way from now on.
    #[must_use]
    pub const fn bend(&self) -> &Rc<RefCell<Bend>> {
        &self.bend
    }

    /// Waits until everything is sent, checked and shared, and the server has answered.
    pub async fn sync_until_idle(&self, most: Duration) -> bool {
        let now_ms = jiff::Timestamp::now().as_millisecond();
        self.eventually(most, || {
            let status = self.status();
            let met = status.contact == Contact::Live
                || status.last_contact_ms.is_some_and(|at| at >= now_ms);
            met && status.waiting == 0 && status.received == 0 && status.first_sync.is_none()
        })
        .await
    }

    /// Syncs, and fails the test when that does not come to an end.
    pub async fn sync(&self) {
        assert!(self.sync_until_idle(SYNC_MAX).await, "no end to syncing: {:?}", self.status());
    }

    /// Asks for exchanges until one more was answered, also while the live socket is open.
    pub async fn exchange(&self) {
        let answered = || self.heard().statuses.get(&200).copied().unwrap_or_default();
        let (before, begun) = (answered(), Instant::now());
        while answered() == before {
            assert!(begun.elapsed() < SYNC_MAX, "no answer: {:?}", self.status());
            self.act(Act::Sync, &[]).await;
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Waits, asking for contact now and then, until something holds; tells whether it did.
    pub async fn eventually(&self, most: Duration, mut holds: impl FnMut() -> bool) -> bool {
        let begun = Instant::now();
        let mut woken = None::<Instant>;
        loop {
            if holds() {
                return true;
            }
            if begun.elapsed() > most {
                return false;
            }
            if woken.is_none_or(|at| at.elapsed().as_millis() > WAKE_MS) {
                self.handle(Command::SyncNow).await;
                woken = Some(Instant::now());
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Waits until a field is as wanted.
    pub async fn until_field(
        &self,
        at: (DocumentId, &str),
        what: &str,
        wanted: impl Fn(&FieldView) -> bool,
    ) -> FieldView {
        let begun = Instant::now();
        let mut turns = 0_u32;
        loop {
            let field = self.field(at).await;
            if let Some(field) = field.clone().filter(|field| wanted(field)) {
                return field;
            }
            assert!(begun.elapsed() < SYNC_MAX, "{what} in vain at {}: {field:#?}", at.1);
            if turns.is_multiple_of(25) {
                self.handle(Command::SyncNow).await;
            }
            turns += 1;
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// Gives a view, `None` when it is not here.
    pub async fn view(&self, query: Query) -> Option<View> {
        match self.handle(Command::Get(query)).await {
            Reply::View(view) => Some(view),
            _ => None,
        }
    }

    /// A place that is described as data.
    pub async fn page(&self, address: &str) -> PageView {
        match self.view(Query::Page(address.to_owned())).await {
            Some(View::Page(page)) => page,
            other => panic!("no page at {address}: {other:?}"),
        }
    }

    /// The records that the lists of a place show: document and title; none without a vault.
    pub async fn listed(&self, address: &str) -> Vec<(DocumentId, String)> {
        let shown = match self.view(Query::Page(address.to_owned())).await {
            Some(View::Page(page)) => page,
            _ => PageView::default(),
        };
        let parts = shown.parts.into_iter();
        let lines = parts.flat_map(|part| match part.body {
            Body::Lines(lines, _) | Body::Tiles(lines, _) => lines,
            _ => Vec::new(),
        });
        lines.filter_map(|line| Some((line.key.parse().ok()?, line.title))).collect()
    }

    /// Does what a page offers.
    pub async fn act(&self, act: Act, answers: &[(&str, Value)]) -> Acted {
        let answers = answers.iter().map(|(id, value)| ((*id).to_owned(), value.clone()));
        match self.must(Command::Act(act, answers.collect())).await {
            Reply::Acted(acted) => acted,
            other => panic!("not done: {other:?}"),
        }
    }

    /// The form of a document.
    pub async fn form(&self, document: DocumentId, entry: Option<(String, String)>) -> FormView {
        match self.view(Query::Form { document, entry }).await {
            Some(View::Form(form)) => form,
            other => panic!("no form of {document}: {other:?}"),
        }
    }

    /// A run.
    pub async fn run(&self, document: DocumentId) -> RunView {
        match self.view(Query::Run(document)).await {
            Some(View::Run(run)) => run,
            other => panic!("no run {document}: {other:?}"),
        }
    }

    /// The change list of a document.
    pub async fn changes(&self, document: DocumentId) -> ChangeListView {
        match self.view(Query::Changes(document)).await {
            Some(View::Changes(changes)) => changes,
            other => panic!("no changes of {document}: {other:?}"),
        }
    }

    /// A field of a record, of an entry or of an item of a run, by its path.
    pub async fn field(&self, (document, path): (DocumentId, &str)) -> Option<FieldView> {
        let mut parts = path.split('/');
        let entry = match (parts.next(), parts.next()) {
            (Some("item"), Some(item)) => {
                let Some(View::Run(run)) = self.view(Query::Run(document)).await else {
                    return None;
                };
                let mut items = run.groups.into_iter().flat_map(|group| group.items);
                let item = items.find(|one| one.id == item)?;
                let fields = [Some(item.status), item.value, Some(item.comment)];
                return fields.into_iter().flatten().find(|field| field.path.as_str() == path);
            }
            (Some(list), Some(entry)) => Some((list.to_owned(), entry.to_owned())),
            _ => None,
        };
        let Some(View::Form(form)) = self.view(Query::Form { document, entry }).await else {
            return None;
        };
        let mut fields = form.sections.into_iter().flat_map(|section| section.fields);
        fields.find(|field| field.path.as_str() == path)
    }

    /// Types into a field and leaves the section.
    pub async fn answer(&self, document: DocumentId, path: &str, value: Value) {
        self.type_only(document, path, value).await;
        self.must(Command::Commit(document)).await;
    }

    /// Types into a field; it is saved when this returns.
    pub async fn type_only(&self, document: DocumentId, path: &str, value: Value) {
        let path = FieldPath::parse(path).unwrap();
        let reply = self.must(Command::Type { document, path, value }).await;
        assert_eq!(reply, Reply::Saved);
    }

    /// Settles the contradiction that a field shows.
    pub async fn settle(&self, at: (DocumentId, &str), value: Value, reason: &str) {
        let field = self.field(at).await.unwrap();
        let conflict = field.conflict.expect("there is nothing to settle");
        let (document, path, reason) = (at.0, field.path, reason.to_owned());
        self.must(Command::Settle { document, path, conflict, value, reason }).await;
    }

    /// Everything that the pages can show, as text.
    pub async fn everything_shown(&self) -> String {
        let mut shown = format!("{:?}", self.status());
        let page = |address: &str| Query::Page(address.to_owned());
        let mut queries = vec![page("/boenden"), page("/arenden"), Query::Inbox];
        for (house, _) in self.listed("/boenden").await {
            queries.extend([page(&format!("/boenden/{house}")), Query::Changes(house)]);
        }
        for (document, _) in self.listed("/arenden").await {
            queries.extend([
                page(&format!("/arenden/{document}")),
                Query::Form { document, entry: None },
                Query::Changes(document),
            ]);
        }
        for query in queries {
            shown = format!("{shown}{:?}\n", self.handle(Command::Get(query)).await);
        }
        shown
    }
}

/// The passphrase of a test login's vault.
#[must_use]
pub fn passphrase(login: &str) -> String {
    format!("en lång ordföljd av {login}")
}

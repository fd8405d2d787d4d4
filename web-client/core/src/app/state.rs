//! What an open vault holds in memory, and reading it from the store.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ankomst_shared::app::{
    Contact, Event, Language, Query, Refusal, Screen, Status, VaultKey, Wipe,
};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ChangeHash, DepositId, DeviceId, DocumentId, UserId};
use ankomst_shared::order::{self, Few};
use ankomst_shared::path::FieldPath;
use ankomst_shared::plant::{self, Plant};
use ankomst_shared::sign::{Header, SigningKey};
use ankomst_shared::sync::client::{Arrived, Client};
use ankomst_shared::sync::message::Looks;
use minicbor::Encode;

use super::asked::{self, Tabs};
use super::brought::{Brought, Place};
use super::files::{Files, Held};
use super::known::Known;
use super::looked;
pub(super) use super::now::Now;
use super::opening::Opening;
pub(super) use super::rows::{ChunkRow, Standing, header_in, open_row};
use super::rows::{Draft, Stage, deposit_id, read_chunk_key, read_draft_key, standing_key};
use super::same::Beside;
use super::screen::{Beat, Curtain};
use super::shed::{Guarded, guarded_key};
use crate::mailbox::Mailbox;
use crate::platform::{Clock, Platform, Random, StorageFacts};
use crate::store::{Store, Table, Write};
use crate::turn::Turn;
use crate::vault::{DataKey, Identity};

/// The application on one device.
pub struct Core<P: Platform>(pub(super) Rc<Inner<P>>);

impl<P: Platform> Clone for Core<P> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

pub(super) struct Inner<P> {
    pub(super) platform: P,
    pub(super) build: String,
    /// State changes and their commits go one after the other.
    pub(super) turn: Turn,
    pub(super) state: RefCell<State>,
    pub(super) events: Mailbox<Event>,
    /// Rung when there is something to send or the person asks for contact.
    pub(super) wake: Mailbox<()>,
    /// Rung when there are files to hand in or to fetch, or the way for them is free.
    pub(super) lane: Mailbox<()>,
}

/// Everything that changes.
#[derive(Default)]
pub(super) struct State {
    pub(super) language: Language,
    pub(super) vaults: Vec<String>,
    /// Vaults that a passkey opens.
    pub(super) keys: Vec<(String, VaultKey)>,
    /// Devices that have the server's word that they may hand in.
    pub(super) with_road: Vec<DeviceId>,
    /// Deposits of others that the server does not have yet.
    pub(super) deposits_of_others: u32,
    /// Deposits of the open vault that the server does not have yet and that no change here stands for.
    pub(super) deposits_alone: u32,
    /// Deposits that the server has and no backup yet.
    pub(super) deposits_kept: u32,
    /// Highest place in the order of arrival that anybody here was told.
    pub(super) arrived: Arrived,
    pub(super) contact: Contact,
    pub(super) storage_failing: bool,
    pub(super) sign_in_needed: bool,
    pub(super) outdated: bool,
    /// What has become of an order to wipe this tablet.
    pub(super) wipe: Wipe,
    pub(super) storage: Option<StorageFacts>,
    pub(super) open: Option<Open>,
    pub(super) beat: Beat,
    /// Pictures and other files of everybody.
    pub(super) files: Files,
    /// The turns of deposits that files brought.
    pub(super) round: super::deposits::Round,
    /// The catalog of the vault that was open last: opened again, it is the same.
    pub(super) catalog: Option<&'static Catalog>,
}

/// An open vault.
pub(super) struct Open {
    pub(super) key: DataKey,
    pub(super) identity: Identity,
    pub(super) signing: SigningKey,
    pub(super) standing: Standing,
    /// What is asked here, with the municipality's own checklists.
    pub(super) catalog: &'static Catalog,
    /// Own checklists in a form of a newer program.
    pub(super) unread: usize,
    pub(super) chunks: BTreeMap<DocumentId, BTreeMap<ChangeHash, ChunkRow>>,
    pub(super) headers: BTreeMap<DocumentId, Header>,
    /// What files of other tablets have brought.
    pub(super) brought: Few<Place, Brought>,
    /// What the last file for another tablet ended with, and how much it had no room for; nothing if it had room for all.
    pub(super) given: (Vec<u8>, usize),
    pub(super) drafts: Few<(DocumentId, FieldPath), Draft>,
    pub(super) documents: Few<DocumentId, Opened>,
    /// Records as they were last read, until something about them is written.
    pub(super) records: Few<DocumentId, Known>,
    /// What shows only of several records beside each other, until something is written.
    pub(super) beside: Beside,
    pub(super) uses: u64,
    pub(super) client: Client,
    /// Deposits handed in since the vault was opened: where the next turn begins.
    pub(super) deposit_turn: u64,
    pub(super) typed_ms: i64,
    pub(super) tabs: Tabs,
    /// Documents whose drafts are not as they were last deposited.
    pub(super) undeposited: BTreeSet<DocumentId>,
    /// What was opened here and the server has not noted yet.
    pub(super) looks: Looks,
    /// What is protected here.
    pub(super) guarded: Guarded,
    /// What cannot be opened.
    pub(super) opening: Opening,
    /// Pictures and other files.
    pub(super) files: Held,
    /// What this device should hold has changed: a new exchange is needed.
    pub(super) wants_again: bool,
    pub(super) curtain: Curtain,
}

/// A document in memory.
pub(super) struct Opened {
    pub(super) document: Document,
    pub(super) used: u64,
    pub(super) since_ms: i64,
}

impl<P: Platform> Core<P> {
    /// Makes the application; reads who has a vault here.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn start(platform: P, build: &str) -> Result<Self, Refusal> {
        let core = Self(Rc::new(Inner {
            platform,
            build: build.to_owned(),
            turn: Turn::default(),
            state: RefCell::default(),
            events: Mailbox::default(),
            wake: Mailbox::default(),
            lane: Mailbox::default(),
        }));
        core.read_open_part().await?;
        core.read_files().await?;
        Ok(core)
    }

    /// What happens, for the page.
    #[must_use]
    pub fn events(&self) -> Mailbox<Event> {
        self.0.events.clone()
    }

    /// Reads everything of a person into memory.
    pub(super) async fn read_vault(&self, key: DataKey, identity: Identity) -> Result<(), Refusal> {
        let user = identity.user.id;
        let store = self.0.platform.store();
        let standing_row = standing_key(user);
        let standing = store.get(Table::Meta, &standing_row).await.map_err(|_| Refusal::Storage)?;
        let mut standing = match standing {
            Some(sealed) => open_row(&key, Table::Meta, &standing_row, &sealed)?,
            None => Standing::default(),
        };
        standing.lease.resumes(self.now_ms());
        let mut open = Open {
            signing: SigningKey::from_seed(identity.device_seed),
            identity,
            standing,
            catalog: Catalog::builtin(),
            unread: 0,
            chunks: BTreeMap::new(),
            headers: BTreeMap::new(),
            brought: Few::default(),
            given: (Vec::new(), 0),
            drafts: Few::default(),
            documents: Few::default(),
            records: Few::default(),
            beside: Beside::default(),
            uses: 0,
            client: Client::default(),
            deposit_turn: 0,
            typed_ms: 0,
            tabs: Tabs::default(),
            undeposited: BTreeSet::new(),
            looks: Looks::default(),
            guarded: Guarded::default(),
            opening: Opening::default(),
            files: Held::default(),
            wants_again: false,
            curtain: Curtain::default(),
            key,
        };
        let row = looked::key(user);
        if let Ok(Some(sealed)) = store.get(Table::Meta, &row).await {
            // One that cannot be read is none: the server finds it by the count.
            open.looks = open_row(&open.key, Table::Meta, &row, &sealed).unwrap_or_default();
        }
        open.opening = self.opening_of(&open.key, user).await?;
        let guarded = store.get(Table::Meta, &guarded_key(user)).await;
        open.guarded = Guarded::read(guarded.map_err(|_| Refusal::Storage)?);
        open.client.ask_again(open.guarded.gone.iter().copied());
        let own = self.deposits().await?.into_iter().filter(|kept| kept.user == user);
        let deposits: BTreeSet<DepositId> = order::set(own.map(|kept| kept.id));
        self.read_work(&mut open, &deposits).await?;
        self.read_held(&mut open).await?;
        let mut state = self.0.state.borrow_mut();
        open.catalog = state.catalog.unwrap_or(open.catalog);
        open.read_own();
        state.open = Some(open);
        Ok(())
    }

    /// Reads changes and drafts.
    async fn read_work(&self, open: &mut Open, own: &BTreeSet<DepositId>) -> Result<(), Refusal> {
        let (user, store) = (open.user(), self.0.platform.store());
        let prefix = user.as_bytes().as_slice();
        for (row, sealed) in
            store.load(Table::Chunks, prefix).await.map_err(|_| Refusal::Storage)?
        {
            open.reads_brought(&row, &sealed)?;
            let Some((document, hash)) = read_chunk_key(&row) else { continue };
            let mut chunk: ChunkRow = open_row(&open.key, Table::Chunks, &row, &sealed)?;
            // Rows of version 0.1 do not say that they were written here.
            if chunk.own.is_none() && own.contains(&deposit_id(&hash)) {
                chunk.own = Some(0);
            }
            open.add_chunk(document, hash, chunk);
        }
        for (row, sealed) in
            store.load(Table::Drafts, prefix).await.map_err(|_| Refusal::Storage)?
        {
            let Some(place) = read_draft_key(&row) else { continue };
            let document = place.0;
            open.drafts.insert(place, open_row(&open.key, Table::Drafts, &row, &sealed)?);
            open.typed_in(document);
        }
        Ok(())
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.0.platform.clock().now_ms()
    }

    /// What time it is where the device is.
    pub(super) fn now(&self) -> Now {
        let clock = self.0.platform.clock();
        Now { ms: clock.now_ms(), zone_minutes: clock.zone_minutes() }
    }

    pub(super) fn random<const N: usize>(&self) -> Result<[u8; N], Refusal> {
        self.0.platform.random().bytes().map_err(|_| Refusal::Internal)
    }

    /// Does something with the open vault.
    pub(super) fn with_open<T>(
        &self,
        work: impl FnOnce(&mut Open) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut state = self.0.state.borrow_mut();
        work(state.open.as_mut().ok_or(Refusal::Locked)?)
    }

    /// Seals a row of the open vault.
    pub(super) fn sealed<T: Encode<()>>(
        &self,
        table: Table,
        key: Vec<u8>,
        value: &T,
    ) -> Result<Write, Refusal> {
        let nonce = self.random()?;
        let bytes = minicbor::to_vec(value).map_err(|_| Refusal::Internal)?;
        let sealed = self.with_open(|open| {
            open.key.seal(table, &key, &bytes, nonce).map_err(|_| Refusal::Internal)
        })?;
        Ok(Write::put(table, key, sealed))
    }

    /// Writes rows, and remembers when the device could not: [`Core::save_again`] ends that.
    pub(super) async fn commit(&self, writes: Vec<Write>) -> Result<(), Refusal> {
        let of_files = Files::said_by(&writes);
        let outcome = self.0.platform.store().commit(writes).await;
        if plant::is(Plant::FailureUnheard) {
            return Ok(());
        }
        match &outcome {
            Ok(()) => self.files_changed(of_files),
            Err(_) => self.set_failing(true),
        }
        outcome.map_err(|_| Refusal::Storage)
    }

    pub(super) fn tell(&self, queries: Vec<Query>) {
        self.0.events.put(Event::Changed(queries));
    }

    pub(super) fn tell_status(&self) {
        self.0.events.put(Event::Status(self.status()));
    }

    /// The state of this device.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.0.state.borrow();
        let mut status = Status {
            vaults: state.vaults.clone(),
            keys: state.keys.clone(),
            language: state.language,
            deposits: state.deposits_of_others,
            kept: state.deposits_kept,
            files: state.files.waiting(),
            contact: state.contact,
            storage_failing: state.storage_failing,
            sign_in_needed: state.sign_in_needed,
            outdated: state.outdated,
            wipe: state.wipe,
            ..Status::default()
        };
        if let Some(open) = &state.open {
            status.screen = open.screen();
            if status.screen == Screen::Open {
                status.user = Some(open.identity.user.clone());
                status.unit.clone_from(&open.standing.unit);
                status.first_sync = open.still_coming();
                status.lease_ends_ms = open.standing.lease.ends_ms();
            }
            status.device_name = Some(open.identity.device_name.clone());
            status.last_contact_ms = open.standing.last_contact_ms;
            status.without_backup = !open.standing.has_backup;
            status.shed = !open.guarded.gone.is_empty();
            status.aside = u32::try_from(open.aside().count()).unwrap_or(u32::MAX);
            // Of a record that has gone for good, as one that was cleaned, nobody waits for what was written.
            status.waiting = if open.guarded.owes { state.deposits_alone } else { 0 };
            for row in open.chunks.values().flat_map(BTreeMap::values) {
                match row.stage {
                    Stage::Unsent => status.waiting += 1,
                    Stage::Received => status.received += 1,
                    Stage::Held | Stage::Refused => status.held += 1,
                    Stage::Shared => {}
                }
            }
            let drafts = open.drafts.keys().filter(|(_, path)| !asked::is_asked(path));
            let drafts: BTreeSet<DocumentId> = order::set(drafts.map(|(document, _)| *document));
            status.waiting += u32::try_from(drafts.len()).unwrap_or(u32::MAX);
        }
        status
    }
}

impl Open {
    /// Records still to come, of all; none of none before the server has said how many.
    fn still_coming(&self) -> Option<(u32, u32)> {
        let (left, here) = (self.standing.left, self.headers.len());
        let all = u32::try_from(here).unwrap_or(u32::MAX).saturating_add(left);
        match self.standing.epoch {
            None => Some((0, 0)),
            Some(_) => (left > 0).then_some((left, all)),
        }
    }

    /// Adds a change to what is in memory; the document is read anew when next needed.
    pub(super) fn add_chunk(&mut self, document: DocumentId, hash: ChangeHash, row: ChunkRow) {
        if !self.headers.contains_key(&document)
            && let Some(header) = header_in(&row)
        {
            self.headers.insert(document, header);
        }
        self.changed(document);
        self.chunks.entry(document).or_default().insert(hash, row);
    }

    pub(super) const fn user(&self) -> UserId {
        self.identity.user.id
    }

    pub(super) fn kind(&self, document: DocumentId) -> Option<&str> {
        self.headers.get(&document).map(|header| header.kind.as_str())
    }
}

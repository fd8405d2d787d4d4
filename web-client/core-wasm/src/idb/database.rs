//! The database itself: opening, reading, one transaction.

use std::cell::RefCell;
use std::rc::Rc;

use ankomst_core::store::{Row, Table, Write};
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{IdbDatabase, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction};

use crate::script::{bytes_in, bytes_out, call, object, scope};

const NAME: &str = "ankomst";
/// Counts up with every table added.
const VERSION: u32 = 1;

/// An opened database, or none at the moment.
#[derive(Default)]
pub(super) struct Database(Rc<RefCell<Option<IdbDatabase>>>);

impl Database {
    /// Lets go of the database; the next use opens it again.
    pub(super) fn forget(&self) {
        if let Some(database) = self.0.borrow_mut().take() {
            database.close();
        }
    }

    async fn opened(&self) -> Result<IdbDatabase, JsValue> {
        let known = self.0.borrow().clone();
        if let Some(database) = known {
            return Ok(database);
        }
        let factory = scope().indexed_db()?;
        let factory = factory.ok_or_else(|| js_sys::Error::new("no IndexedDB in this browser"))?;
        let request = factory.open_with_u32(NAME, VERSION)?;
        let opening = request.clone();
        let upgrade = Closure::<dyn FnMut()>::new(move || {
            if let Ok(database) = opening.result() {
                make_tables(database.unchecked_ref());
            }
        });
        request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
        let database: IdbDatabase = finished(&request).await?.dyn_into()?;
        request.set_onupgradeneeded(None);
        self.let_go_when_asked(&database);
        *self.0.borrow_mut() = Some(database.clone());
        Ok(database)
    }

    /// A browser may close the database, and another version of the app may want to change it.
    fn let_go_when_asked(&self, database: &IdbDatabase) {
        let (slot, closing) = (Rc::clone(&self.0), database.clone());
        let let_go = Closure::<dyn FnMut()>::new(move || {
            closing.close();
            let ours = slot.borrow().as_ref().is_some_and(|known| *known == closing);
            if ours {
                *slot.borrow_mut() = None;
            }
        });
        database.set_onversionchange(Some(let_go.as_ref().unchecked_ref()));
        database.set_onclose(Some(let_go.as_ref().unchecked_ref()));
        // Kept by the database as long as that lives.
        let_go.forget();
    }

    pub(super) async fn load(&self, table: Table, prefix: &[u8]) -> Result<Vec<Row>, JsValue> {
        let store = self.reading(table).await?;
        let range = range(prefix)?;
        let keys = store.get_all_keys_with_key(&range)?;
        let values = store.get_all_with_key(&range)?;
        let (keys, values) = (finished(&keys), finished(&values));
        let keys: Array = keys.await?.dyn_into()?;
        let values: Array = values.await?.dyn_into()?;
        let rows = keys.iter().zip(values.iter());
        Ok(rows.filter_map(|(key, value)| Some((bytes_in(&key)?, bytes_in(&value)?))).collect())
    }

    pub(super) async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, JsValue> {
        let request = self.reading(table).await?.get(&bytes_out(key))?;
        Ok(bytes_in(&finished(&request).await?))
    }

    async fn reading(&self, table: Table) -> Result<IdbObjectStore, JsValue> {
        let database = self.opened().await?;
        if let Ok(transaction) = database.transaction_with_str(table.name()) {
            return transaction.object_store(table.name());
        }
        // The browser has closed it since: once more from the start.
        self.forget();
        let database = self.opened().await?;
        database.transaction_with_str(table.name())?.object_store(table.name())
    }

    /// Writes rows in one transaction; they are on the disk when this returns.
    pub(super) async fn write(&self, writes: &[Write]) -> Result<(), JsValue> {
        let database = self.opened().await?;
        let tables: Array = Table::ALL.iter().map(|table| JsValue::from(table.name())).collect();
        let strict = object(&[("durability", "strict".into())]);
        let arguments = [tables.into(), "readwrite".into(), strict.into()];
        let transaction: IdbTransaction =
            call(&database, "transaction", &arguments)?.unchecked_into();
        let complete = Promise::new(&mut |resolve, reject| {
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onabort(Some(&reject));
        });
        let put = writes.iter().try_for_each(|write| put(&transaction, write));
        if put.is_err() {
            // Nothing of a batch may stay when one of its rows cannot be written.
            drop(transaction.abort());
        }
        let complete = JsFuture::from(complete).await;
        put.and(complete.map(drop).map_err(|_| transaction_fault(&transaction)))
    }
}

fn put(transaction: &IdbTransaction, write: &Write) -> Result<(), JsValue> {
    let store = transaction.object_store(write.table.name())?;
    let key = bytes_out(&write.key);
    match &write.value {
        Some(value) => store.put_with_key(&bytes_out(value), &key)?,
        None => store.delete(&key)?,
    };
    Ok(())
}

fn transaction_fault(transaction: &IdbTransaction) -> JsValue {
    match transaction.error() {
        Some(error) => error.into(),
        None => js_sys::Error::new("the transaction was aborted").into(),
    }
}

fn make_tables(database: &IdbDatabase) {
    let known = database.object_store_names();
    for table in Table::ALL {
        if !known.contains(table.name()) {
            // A table that could not be made shows at its first use, which fails.
            drop(database.create_object_store(table.name()));
        }
    }
}

/// All keys that begin with a prefix.
fn range(prefix: &[u8]) -> Result<IdbKeyRange, JsValue> {
    let lower = Uint8Array::from(prefix);
    let mut upper = prefix.to_vec();
    while upper.last() == Some(&u8::MAX) {
        upper.pop();
    }
    match upper.last_mut() {
        Some(last) => {
            *last = last.saturating_add(1);
            let upper = bytes_out(&upper);
            IdbKeyRange::bound_with_lower_open_and_upper_open(&lower, &upper, false, true)
        }
        None => IdbKeyRange::lower_bound(&lower),
    }
}

/// Waits for a request. The handlers are set at once: an event is not missed.
fn finished(request: &IdbRequest) -> impl Future<Output = Result<JsValue, JsValue>> + use<> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    let request = request.clone();
    async move {
        match JsFuture::from(promise).await {
            Ok(_) => request.result(),
            Err(_) => Err(match request.error()? {
                Some(error) => error.into(),
                None => js_sys::Error::new("the request failed").into(),
            }),
        }
    }
}

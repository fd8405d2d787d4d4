//! The server and its files: what a life of it leaves when it is killed, the next one begins with.

use std::cell::{Cell, RefCell};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use ankomst_server::app::App;
use ankomst_server::http::listen::{self, Bounds, Listens};
use ankomst_server::http::serve::router;
use ankomst_server::http::way::Way;
use ankomst_server::storage::sqlite::{accounts, log, units};
use ankomst_server::{given, projector, sync, templates};
use turmoil::net::{TcpListener, TcpStream};

use crate::hub::{copy, row, unit_of};
use crate::storm::court::{Court, passes};
use crate::storm::http::PORT;

/// The server's files, and the server while it runs.
pub struct Ground {
    folder: PathBuf,
    /// Which copy of the files counts.
    copy: Cell<u32>,
    court: Rc<Court>,
    app: RefCell<Option<Arc<App>>>,
}

impl Ground {
    /// A new server for people, in a folder that is there.
    #[must_use]
    pub fn begin(folder: &Path, court: &Rc<Court>, people: usize) -> Rc<Self> {
        let (copy, app) = (Cell::new(0), RefCell::default());
        let ground = Self { folder: folder.to_path_buf(), copy, court: Rc::clone(court), app };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        given::stop_after(None);
        runtime.block_on(async {
            let app = App::open(&ground.data(), PathBuf::from("/there/is/no/trial")).await.unwrap();
            let rows: Vec<_> = (0..people).map(row).collect();
            let write = app.writer.write(move |db| {
                units::add(db, unit_of(0), "Enheten")?;
                rows.iter().try_for_each(|row| accounts::add_user(db, row))
            });
            write.await.unwrap();
        });
        Rc::new(ground)
    }

    fn data(&self) -> PathBuf {
        self.folder.join(format!("data{}", self.copy.get()))
    }

    /// The server, while it runs.
    #[must_use]
    pub fn app(&self) -> Option<Arc<App>> {
        self.app.borrow().clone()
    }

    /// Its files are kept as they are at this moment: that is what the next life begins with, whatever this one still
    /// does while it goes.
    pub fn keep(&self) {
        let before = self.data();
        self.copy.set(self.copy.get() + 1);
        copy(&before, &self.data());
        self.app.borrow_mut().take();
        self.court.is_up.set(false);
    }

    /// Lets the last life go.
    pub fn end(&self) {
        self.app.borrow_mut().take();
    }

    /// Everything that somebody was told is on the disk is there.
    pub fn keeps_promises(&self, app: &App) {
        let promised = self.court.promised.borrow();
        let lost = app.readers.read(|db| {
            let mut lost = Vec::new();
            for (document, hash) in &*promised {
                if log::chunk_of(db, *document, *hash)?.is_none() {
                    lost.push(*hash);
                }
            }
            Ok(lost)
        });
        for hash in lost.unwrap() {
            self.court.fault(format!("{hash} was acknowledged and is not in the log"));
        }
    }
}

/// The network's listener.
struct Listener(TcpListener);

impl Listens for Listener {
    type Stream = TcpStream;

    async fn accept(&self) -> std::io::Result<(TcpStream, SocketAddr)> {
        self.0.accept().await
    }
}

/// One life of the server, as `ankomst serve` begins and ends it.
///
/// # Errors
/// When it cannot begin.
pub async fn serve(ground: Rc<Ground>) -> turmoil::Result {
    given::stop_after(None);
    let app = App::open(&ground.data(), PathBuf::from("/there/is/no/trial")).await?;
    ground.court.life.set(ground.court.life.get() + 1);
    ground.keeps_promises(&app);
    templates::refresh(&app)?;
    sync::clean::clean_again(&app).await?;
    sync::staff::catch_up(&app).await?;
    sync::held::catch_up(&app).await?;
    projector::make_whole(&app)?;
    let feed = tokio::spawn(sync::feed::run(Arc::clone(&app)));
    *ground.app.borrow_mut() = Some(Arc::clone(&app));
    let listener = Listener(TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?);
    let router = router(Arc::clone(&app), None, Way { tls: true, proxy: false });
    let court = Rc::clone(&ground.court);
    let counts = tokio::task::spawn_local(async move {
        loop {
            court.streams.set(turmoil::established_tcp_stream_count());
            passes(1_000).await;
        }
    });
    ground.court.is_up.set(true);
    listen::serve(&app, (listener, None), router, Bounds::default()).await;
    ground.court.is_up.set(false);
    counts.abort();
    feed.await?;
    ground.app.borrow_mut().take();
    Ok(())
}

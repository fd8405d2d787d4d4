//! Stands between devices and a server, counts what goes over the wire as it is on the wire, and can be slow or gone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

const PIECE_BYTES: usize = 64 * 1024;

/// What went over the wire.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wire {
    /// Bytes to the server, heads included.
    pub up: u64,
    /// Bytes from the server, heads included.
    pub down: u64,
    /// Connections opened.
    pub connections: u64,
    /// How often a device spoke after the server had, on any connection: round trips but for those that open
    /// connections.
    pub turns: u64,
}

impl Wire {
    /// What came since.
    #[must_use]
    pub const fn since(self, before: Self) -> Self {
        Self {
            up: self.up - before.up,
            down: self.down - before.down,
            connections: self.connections - before.connections,
            turns: self.turns - before.turns,
        }
    }

    /// With what another stretch of time came to.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            up: self.up + other.up,
            down: self.down + other.down,
            connections: self.connections + other.connections,
            turns: self.turns + other.turns,
        }
    }

    /// Bytes both ways.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.up + self.down
    }
}

#[derive(Debug, Default)]
struct Counts {
    up: AtomicU64,
    down: AtomicU64,
    connections: AtomicU64,
    turns: AtomicU64,
    one_way_us: AtomicU64,
}

/// A proxy with a thread of its own.
#[derive(Debug)]
pub struct Proxy {
    counts: Arc<Counts>,
    is_open: watch::Sender<bool>,
    port: u16,
}

impl Proxy {
    /// Begins to pass on to a port of this machine.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(server: u16) -> std::io::Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let counts = Arc::<Counts>::default();
        let (is_open, open) = watch::channel(true);
        let count = Arc::clone(&counts);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            let target = SocketAddr::from(([127, 0, 0, 1], server));
            // It ends with the program.
            drop(runtime.block_on(accept(listener, target, count, open)));
        });
        Ok(Self { counts, is_open, port })
    }

    /// Where devices find it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Lets nothing through any more, and cuts what goes through now; or lets through again.
    pub fn open(&self, is_open: bool) {
        self.is_open.send_replace(is_open);
    }

    /// From now on each way takes that long.
    pub fn slow(&self, one_way: Duration) {
        let us = u64::try_from(one_way.as_micros()).unwrap_or(u64::MAX);
        self.counts.one_way_us.store(us, Ordering::Relaxed);
    }

    /// What went over the wire so far.
    #[must_use]
    pub fn wire(&self) -> Wire {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { up, down, connections, turns, .. } = &*self.counts;
        Wire { up: read(up), down: read(down), connections: read(connections), turns: read(turns) }
    }
}

async fn accept(
    listener: std::net::TcpListener,
    target: SocketAddr,
    counts: Arc<Counts>,
    open: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (device, _) = listener.accept().await?;
        if !*open.borrow() {
            continue;
        }
        let (counts, mut open) = (Arc::clone(&counts), open.clone());
        tokio::spawn(async move {
            let passed = pass(device, target, &counts);
            let cut = open.wait_for(|open| !open);
            tokio::select! { _ = passed => (), _ = cut => () }
        });
    }
}

async fn pass(device: TcpStream, target: SocketAddr, counts: &Counts) -> std::io::Result<()> {
    counts.connections.fetch_add(1, Ordering::Relaxed);
    let server = TcpStream::connect(target).await?;
    device.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from, to_device), (from_server, to)) = (device.into_split(), server.into_split());
    // Whether the server was the last to speak.
    let heard = AtomicBool::new(true);
    let up = one_way(from, to, counts, |bytes| {
        counts.up.fetch_add(bytes, Ordering::Relaxed);
        let is_turn = heard.swap(false, Ordering::Relaxed);
        counts.turns.fetch_add(u64::from(is_turn), Ordering::Relaxed);
    });
    let down = one_way(from_server, to_device, counts, |bytes| {
        counts.down.fetch_add(bytes, Ordering::Relaxed);
        heard.store(true, Ordering::Relaxed);
    });
    // One side that ends ends both, as a cut would.
    tokio::select! { ended = up => ended, ended = down => ended }
}

async fn one_way(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    counts: &Counts,
    count: impl Fn(u64),
) -> std::io::Result<()> {
    let (sender, mut pieces) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let read = async {
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let got = from.read(&mut piece).await?;
            if got == 0 {
                // What is on its way still arrives.
                break;
            }
            count(u64::try_from(got).unwrap_or_default());
            let due =
                Instant::now() + Duration::from_micros(counts.one_way_us.load(Ordering::Relaxed));
            if sender.send((due, piece.get(..got).unwrap_or_default().to_vec())).is_err() {
                break;
            }
        }
        drop(sender);
        Ok::<(), std::io::Error>(())
    };
    let write = async {
        while let Some((due, piece)) = pieces.recv().await {
            tokio::time::sleep_until(due.into()).await;
            to.write_all(&piece).await?;
        }
        Ok(())
    };
    tokio::try_join!(read, write).map(|_| ())
}

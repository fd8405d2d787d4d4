//! Ending in good order: at the first signal what is under way ends, at the second everything.

use std::path::Path;
use std::process::exit;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::limits::STOP_MAX;
use crate::storage::sqlite::checkpoint;

/// Status of a process that did not end in good order.
const FORCED: i32 = 1;

/// Rings `stopping` at the first signal to stop. The second, or too long a time, ends the process.
///
/// # Errors
/// When signals cannot be heard.
pub(super) fn hear(stopping: CancellationToken) -> std::io::Result<()> {
    let (mut term, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        either(&mut term, &mut interrupt).await;
        tracing::info!("Told to stop: no more is taken, what is under way ends.");
        stopping.cancel();
        // A thread, so that nothing that is stuck can keep it from coming.
        std::thread::spawn(|| {
            std::thread::sleep(STOP_MAX);
            tracing::error!(
                "What was under way did not end; what was acknowledged is on the disk."
            );
            exit(FORCED);
        });
        either(&mut term, &mut interrupt).await;
        tracing::warn!("Told to stop twice: ends at once; what was acknowledged is on the disk.");
        exit(FORCED);
    });
    Ok(())
}

async fn either(term: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// After the last connection: everything handed over is on the disk, the trial's process has ended, the
/// write-ahead logs are empty.
pub(super) async fn settle(app: &Arc<App>) {
    // The writer keeps the order: once this is done, so is everything before it.
    if let Err(error) = app.writer.write(|_| Ok(())).await {
        tracing::error!(%error, "The last commit failed.");
    }
    app.trial.stop().await;
    let folder = app.folder.clone();
    drop(tokio::task::spawn_blocking(move || empty_logs(&folder)).await);
    tracing::info!("Ankomst has ended in good order.");
}

fn empty_logs(folder: &Path) {
    for name in ["log.db", "keys.db", "rows.db", "access.db"] {
        if let Err(error) = checkpoint(&folder.join(name)) {
            // The next start does it.
            tracing::info!(%error, name, "A write-ahead log stays for the next start.");
        }
    }
}

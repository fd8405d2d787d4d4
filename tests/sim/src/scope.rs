//! Over a socket goes only what its person may read at that moment.

use std::collections::BTreeSet;

use ankomst_server::storage::sqlite::accounts;
use ankomst_server::sync::access;
use ankomst_shared::sync::message::ServerFrame;

use crate::hub::Hub;

impl Hub {
    /// Looks at what is about to go over a socket.
    pub(crate) fn look_at_frames(&mut self, id: u64, frames: &[ServerFrame]) {
        let (Some(app), Some(session)) = (&self.app, self.sessions.get(&id)) else { return };
        for frame in frames {
            let ServerFrame::Feed(batch) = frame else { continue };
            if batch.chunks.is_empty() {
                continue;
            }
            let scope = app.readers.read(|db| match accounts::user(db, session.user)? {
                Some(user) => access::scope(db, &user, session.device),
                None => Ok(BTreeSet::new()),
            });
            let scope = scope.unwrap();
            for chunk in batch.chunks.iter().filter(|chunk| !scope.contains(&chunk.document)) {
                let (hash, user) = (chunk.hash, session.user);
                self.unscoped.push(format!("{hash} goes to {user}, who may not read it"));
            }
        }
    }
}

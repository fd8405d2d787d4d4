//! The example municipalities beside the village.

use super::server::Server;

impl Server {
    /// The village, and beside it the example municipalities with their figures.
    #[must_use]
    pub fn with_examples() -> Option<Self> {
        let mut server = Self::empty()?;
        server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
        server.command(&["seed", "--pack", "sp-7"]);
        server.start();
        Some(server)
    }
}

//! Placeholder.
use crate::app::App;
use std::sync::Arc;
pub async fn run(_app: &Arc<App>, _seed: u64) -> anyhow::Result<String> {
    Ok(String::new())
}

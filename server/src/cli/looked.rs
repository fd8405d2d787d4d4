//! `ankomst check-config`, and the same look at the settings when a server starts.

use anyhow::{Context, bail, ensure};
use jiff::Timestamp;

use crate::check::{self, Finding};
use crate::config::Settings;

/// What was read, and what is wrong with it.
type Read = (Option<Settings>, Vec<String>);

/// Prints settings and findings; an error if a server could not start.
pub(super) fn check_config(read: &Read) -> anyhow::Result<()> {
    let found = found(read);
    if let Some(settings) = &read.0 {
        println!("{settings:#?}");
    }
    for finding in &found {
        println!("{}  {}", if finding.stops { "WRONG" } else { "LOOK " }, finding.what);
        if !finding.how.is_empty() {
            println!("       {}", finding.how);
        }
    }
    let wrong = found.iter().filter(|finding| finding.stops).count();
    ensure!(wrong == 0, "{wrong} of this would keep a server from starting");
    println!("A server can start with these settings.");
    Ok(())
}

/// The settings a server starts with; warnings go to the log, and all that stops it is the error.
pub(super) fn at_start(read: Read) -> anyhow::Result<Settings> {
    let found = found(&read);
    let (wrong, look): (Vec<_>, Vec<_>) = found.into_iter().partition(|finding| finding.stops);
    if !wrong.is_empty() {
        let lines: Vec<String> = wrong.iter().map(line).collect();
        bail!("the server does not start; nothing was changed:\n{}", lines.join("\n"));
    }
    for finding in look {
        tracing::warn!("{}", line(&finding));
    }
    read.0.context("there are no settings")
}

fn found((settings, faults): &Read) -> Vec<Finding> {
    let fault = |what: &String| Finding { stops: true, what: what.clone(), how: "" };
    let mut found: Vec<Finding> = faults.iter().map(fault).collect();
    if let Some(settings) = settings {
        found.extend(check::look(settings, Timestamp::now()));
    }
    found
}

fn line(finding: &Finding) -> String {
    let Finding { what, how, .. } = finding;
    if how.is_empty() { what.clone() } else { format!("{what}: {how}") }
}

//! `ankomst verify` without a file: whether everything in a data folder is as it must be.

use ankomst_shared::ids::base32;
use anyhow::{Context, ensure};
use serde_json::json;

use super::place::Folder;
use crate::verify;
use crate::verify::found::{Fault, Kind, Report};

/// Looks, says how far it is to whoever waits, and prints what was found; fails where anything is wrong.
pub(super) fn run(folder: &Folder, as_json: bool) -> anyhow::Result<()> {
    folder.has_data()?;
    let progress = |documents| eprintln!("{documents} records looked at");
    let report = verify::run((&folder.path, folder.master()?), &progress)
        .with_context(|| format!("looking at {}", folder.path.display()))?;
    if as_json {
        print_json(&report);
    } else {
        print(&report);
    }
    let count = u64::try_from(report.faults.len()).unwrap_or_default() + report.more;
    ensure!(report.is_sound(), "{count} of this is not as it must be; nothing was changed");
    Ok(())
}

fn print(report: &Report) {
    let Report { documents, changes, feed, rows, devices, attached, .. } = report;
    println!(
        "{documents} records with {changes} changes opened, {feed} places of the feed followed, {rows} rows made anew \
         and compared, {devices} devices, {attached} pictures and files"
    );
    for note in &report.notes {
        println!("      {note}");
    }
    for kind in Kind::ALL {
        let of: Vec<&Fault> = report.faults.iter().filter(|fault| fault.kind == kind).collect();
        if of.is_empty() {
            continue;
        }
        for fault in of {
            println!("WRONG {}", line(fault));
        }
        println!("      Safe: {}.", kind.safe(report.cut_short));
        println!("      Do:   {}.", kind.help());
    }
    if report.more > 0 {
        println!("      And {} more.", report.more);
    }
    if report.is_sound() {
        println!("All of it is as it must be.");
    }
}

/// Where it is, and what: names of records never, ids only.
fn line(fault: &Fault) -> String {
    let mut at = Vec::new();
    at.extend(fault.record.map(|id| format!("record {id}")));
    at.extend(fault.change.map(|hash| format!("change {}", base32(hash.as_bytes()))));
    at.extend(fault.device.map(|id| format!("device {id}")));
    if at.is_empty() { fault.what.clone() } else { format!("{}: {}", at.join(", "), fault.what) }
}

fn print_json(report: &Report) {
    let fault = |fault: &Fault| {
        json!({
            "kind": fault.kind.name(),
            "record": fault.record.map(|id| id.to_string()),
            "change": fault.change.map(|hash| base32(hash.as_bytes())),
            "device": fault.device.map(|id| id.to_string()),
            "what": fault.what,
            "safe": fault.kind.safe(report.cut_short),
            "do": fault.kind.help(),
        })
    };
    println!(
        "{}",
        json!({
            "sound": report.is_sound(),
            "cut_short": report.cut_short,
            "records": report.documents,
            "changes": report.changes,
            "feed": report.feed,
            "rows": report.rows,
            "devices": report.devices,
            "attached": report.attached,
            "behind": report.behind,
            "faults": report.faults.iter().map(fault).collect::<Vec<_>>(),
            "more": report.more,
            "notes": report.notes,
        })
    );
}

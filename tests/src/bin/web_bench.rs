//! `web-bench [--json] [--records N]`: what the app costs the one who uses it, in Chromium.
//!
//! `ANKOMST_BIN` is the server's program and `ANKOMST_APP` the folder of the app.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use ankomst_tests::bench::web;
use ankomst_tests::tablet::device::local;
use clap::Parser;

#[derive(Parser)]
struct Args {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Records of the workload; seven documents each.
    #[arg(long, default_value_t = 500)]
    records: usize,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let scenario = format!("W{}", args.records);
    let say = |row: &str, metric: &str, value: f64, unit: &str| {
        if args.json {
            let scenario = format!("{scenario} {row}");
            println!(
                "{}",
                serde_json::json!({
                    "bench": "web", "scenario": scenario, "metric": metric, "value": value, "unit": unit
                })
            );
        } else {
            println!("{scenario:<6} {row:<8} {metric:<56} {value:>12.2} {unit}");
        }
    };
    local(web::measure(args.records, &say))
}

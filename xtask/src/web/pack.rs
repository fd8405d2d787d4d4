//! Writes the app's folder with a brotli and a gzip form beside each file, and weighs it.

use std::io::Write;
use std::path::Path;
use std::{fmt, fs};

use anyhow::{Context, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::names::Named;
use super::parts;

/// What the page's own code weighs at most, in bytes after brotli; the build fails above it.
pub(super) const UI_BYTES_MAX: usize = 133_200;
/// What the app's code, styles and icons weigh at most in a first visit, in bytes after brotli; the
/// build fails above it.
pub(super) const APP_BYTES_MAX: usize = 649_000;
/// What the catalog weighs at most beside them (docs/decisions/0004-the-catalog-beside-the-app.md).
pub(super) const CATALOG_BYTES_MAX: usize = 76_200;

/// What the app weighs, in bytes after brotli.
pub(super) struct Sizes {
    /// The page's glue and module, by themselves: in the file they share, the core weighs less for what
    /// both have.
    pub(super) ui: usize,
    /// All files.
    pub(super) first_visit: usize,
    /// The catalog: every question, item and code in two languages.
    pub(super) catalog: usize,
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ui {} B (at most {UI_BYTES_MAX}), app {} B (at most {APP_BYTES_MAX}), catalog {} B (at \
             most {CATALOG_BYTES_MAX}), first visit {} B",
            self.ui,
            self.app(),
            self.catalog,
            self.first_visit
        )
    }
}

impl Sizes {
    const fn app(&self) -> usize {
        self.first_visit - self.catalog
    }

    /// Holds the sizes against the budgets.
    ///
    /// # Errors
    /// When one is above its own.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.ui > UI_BYTES_MAX || self.app() > APP_BYTES_MAX || self.catalog > CATALOG_BYTES_MAX
        {
            bail!("the app is too large: {self}");
        }
        Ok(())
    }
}

/// Writes all files, and removes what an earlier build left.
///
/// # Errors
/// When the folder cannot be written.
pub(super) fn write(app: &Named, out: &Path) -> anyhow::Result<Sizes> {
    if out.exists() {
        fs::remove_dir_all(out)?;
    }
    let mut sizes = Sizes { ui: 0, first_visit: 0, catalog: 0 };
    for (plain, name) in &app.names {
        let Some(bytes) = app.files.get(name) else { continue };
        let path = out.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, bytes)?;
        let small = if path.extension().is_some_and(|end| end == "png") {
            bytes.len()
        } else {
            compress(&path, bytes)?
        };
        sizes.first_visit += small;
        if plain == "catalog.bin" {
            sizes.catalog += small;
        }
        if plain == "ui.js" {
            sizes.ui += small;
        }
        if plain == "modules.parts" {
            sizes.ui += brotli(parts::first(bytes).context("no module of the page")?)?.len();
        }
    }
    Ok(sizes)
}

fn compress(path: &Path, bytes: &[u8]) -> anyhow::Result<usize> {
    let brotli = brotli(bytes)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    let beside = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        name
    };
    fs::write(beside(".br"), &brotli)?;
    fs::write(beside(".gz"), gzip.finish()?)?;
    Ok(brotli.len())
}

fn brotli(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut brotli = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut brotli, 64 * 1024, 11, 22);
    writer.write_all(bytes)?;
    drop(writer);
    Ok(brotli)
}

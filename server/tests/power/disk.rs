//! A disk of which only what was brought to it is sure: after a power cut, of everything later any part may be
//! there, whole, torn or not, in any order; so may the lengths of files and the names in folders.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::dice::Dice;
use crate::trace::{Call, Moment, Trace};

/// Sizes of what a disk writes at once.
const SECTORS: [usize; 2] = [512, 4096];

/// A change of a file that is not sure yet.
#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Length(usize),
}

#[derive(Debug, Default, Clone)]
struct File {
    sure: Vec<u8>,
    /// Later changes, each with the call it is of.
    later: Vec<(usize, Change)>,
    /// The length as the system sees it now.
    length: usize,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Folder,
    File(usize),
}

/// A change of names that is not sure yet: what a name stands for from then on.
#[derive(Debug, Clone)]
struct Naming {
    call: usize,
    changes: Vec<(PathBuf, Option<Named>)>,
}

/// A disk at a moment of a trace.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    files: Vec<File>,
    names: BTreeMap<PathBuf, Named>,
    sure_names: BTreeMap<PathBuf, Named>,
    later_names: Vec<Naming>,
    done: BTreeSet<usize>,
    /// Calls that bring something to the disk: what had been done when they began.
    syncs: BTreeMap<usize, Vec<usize>>,
}

/// Files as a power cut left them.
pub(crate) type Image<'a> = BTreeMap<PathBuf, Option<Cow<'a, [u8]>>>;

impl Disk {
    /// A disk on which everything below a folder is sure.
    pub(crate) fn of(root: &Path) -> Self {
        let mut disk = Self::default();
        disk.add(root);
        disk.sure_names = disk.names.clone();
        disk
    }

    fn add(&mut self, folder: &Path) {
        self.names.insert(folder.to_path_buf(), Named::Folder);
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.add(&path);
            } else if !path.to_string_lossy().ends_with("-shm") {
                let sure = std::fs::read(&path).unwrap();
                let length = sure.len();
                self.names.insert(path, Named::File(self.files.len()));
                self.files.push(File { sure, length, later: Vec::new() });
            }
        }
    }

    /// Goes on by a moment.
    pub(crate) fn goes_on(&mut self, trace: &Trace, moment: Moment) {
        match moment {
            Moment::Begun(number) => self.begins(number, &trace.calls[number]),
            Moment::Done(number) => {
                self.done.insert(number);
                if let (Call::Sync { path }, Some(before)) =
                    (&trace.calls[number], self.syncs.remove(&number))
                {
                    self.is_sure(path, &before);
                }
            }
        }
    }

    fn begins(&mut self, call: usize, what: &Call) {
        match what {
            Call::Write { path, at, bytes } => {
                let file = self.file(path);
                let at = at.map_or(file.length, |at| usize::try_from(at).unwrap());
                file.length = file.length.max(at + bytes.len());
                file.later.push((call, Change::Write { at, bytes: bytes.clone() }));
            }
            Call::Length { path, bytes } => {
                self.length(call, path, usize::try_from(*bytes).unwrap());
            }
            Call::Open { path, empties } => {
                if !self.names.contains_key(path) {
                    let file = Named::File(self.files.len());
                    self.files.push(File::default());
                    self.name(call, vec![(path.clone(), Some(file))]);
                } else if *empties {
                    self.length(call, path, 0);
                }
            }
            Call::Folder { path } => self.name(call, vec![(path.clone(), Some(Named::Folder))]),
            Call::Rename { from, to } => {
                let moved = self.names[from];
                self.name(call, vec![(from.clone(), None), (to.clone(), Some(moved))]);
            }
            Call::Remove { path } => self.name(call, vec![(path.clone(), None)]),
            Call::Sync { path } => {
                let later: Vec<usize> = if let Some(Named::File(file)) = self.names.get(path) {
                    self.files[*file].later.iter().map(|(call, _)| *call).collect()
                } else {
                    self.later_names.iter().map(|one| one.call).collect()
                };
                let before = later.into_iter().filter(|call| self.done.contains(call)).collect();
                self.syncs.insert(call, before);
            }
            Call::Says(_) => {}
        }
    }

    fn file(&mut self, path: &Path) -> &mut File {
        match self.names.get(path) {
            Some(Named::File(file)) => &mut self.files[*file],
            other => panic!("{} is {other:?}", path.display()),
        }
    }

    fn length(&mut self, call: usize, path: &Path, bytes: usize) {
        let file = self.file(path);
        file.length = bytes;
        file.later.push((call, Change::Length(bytes)));
    }

    fn name(&mut self, call: usize, changes: Vec<(PathBuf, Option<Named>)>) {
        apply_names(&mut self.names, &changes);
        self.later_names.push(Naming { call, changes });
    }

    /// What had been done before is on the disk now.
    fn is_sure(&mut self, path: &Path, before: &[usize]) {
        if let Some(Named::File(file)) = self.names.get(path).copied() {
            let file = &mut self.files[file];
            let is_in = |(call, _): &mut (usize, Change)| before.contains(call);
            for (_, change) in file.later.extract_if(.., is_in).collect::<Vec<_>>() {
                change.apply(&mut file.sure);
            }
            return;
        }
        // The names in this folder alone.
        for naming in &mut self.later_names {
            if before.contains(&naming.call) {
                let here = |(name, _): &mut (PathBuf, _)| name.parent() == Some(path);
                let sure: Vec<_> = naming.changes.extract_if(.., here).collect();
                apply_names(&mut self.sure_names, &sure);
            }
        }
        self.later_names.retain(|naming| !naming.changes.is_empty());
    }

    /// Cuts the power.
    pub(crate) fn cut(&self, dice: &mut Dice) -> Image<'_> {
        let mut names = self.sure_names.clone();
        let mood = Mood::drawn(dice);
        for naming in &self.later_names {
            if mood.keeps(dice) {
                apply_names(&mut names, &naming.changes);
            }
        }
        let is_there = |path: &PathBuf| {
            path.ancestors().skip(1).all(|folder| {
                !self.names.contains_key(folder) || names.get(folder) == Some(&Named::Folder)
            })
        };
        let mut image = Image::new();
        for (path, named) in names.iter().filter(|(path, _)| is_there(path)) {
            let file = match named {
                Named::Folder => None,
                Named::File(file) => Some(self.files[*file].cut(dice)),
            };
            image.insert(path.clone(), file);
        }
        image
    }
}

impl File {
    fn cut(&self, dice: &mut Dice) -> Cow<'_, [u8]> {
        if self.later.is_empty() {
            return Cow::Borrowed(&self.sure);
        }
        let (mut bytes, mood) = (self.sure.clone(), Mood::drawn(dice));
        for (_, change) in &self.later {
            if mood.keeps(dice) {
                change.apply(&mut bytes);
            } else if let (Mood::Some, Change::Write { at, bytes: written }) = (mood, change)
                && dice.one_in(2)
            {
                tear((*at, written), &mut bytes, dice);
            }
        }
        Cow::Owned(bytes)
    }
}

/// How much a disk had done by itself of what it had not been asked to bring to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Nothing,
    Everything,
    Some,
}

impl Mood {
    fn drawn(dice: &mut Dice) -> Self {
        match dice.below(5) {
            0 => Self::Nothing,
            1 => Self::Everything,
            _ => Self::Some,
        }
    }

    fn keeps(self, dice: &mut Dice) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Some => dice.one_in(2),
        }
    }
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => put((*at, bytes), file),
            Self::Length(bytes) => {
                file.truncate(*bytes);
                grow(*bytes, file);
            }
        }
    }
}

fn put((at, bytes): (usize, &[u8]), file: &mut Vec<u8>) {
    grow(at + bytes.len(), file);
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Makes a file as long as that, if it is shorter. Many times as fast as `resize` where nothing is optimised.
fn grow(length: usize, file: &mut Vec<u8>) {
    let zeros = vec![0; length.saturating_sub(file.len())];
    file.extend_from_slice(&zeros);
}

/// Writes some sectors of a write and not the others.
fn tear((at, bytes): (usize, &[u8]), file: &mut Vec<u8>, dice: &mut Dice) {
    let size = SECTORS[dice.below(SECTORS.len())];
    let mut from = at;
    while from < at + bytes.len() {
        let to = ((from / size + 1) * size).min(at + bytes.len());
        if dice.one_in(2) {
            put((from, &bytes[from - at..to - at]), file);
        }
        from = to;
    }
}

fn apply_names(names: &mut BTreeMap<PathBuf, Named>, changes: &[(PathBuf, Option<Named>)]) {
    for (path, becomes) in changes {
        match becomes {
            Some(becomes) => drop(names.insert(path.clone(), *becomes)),
            None => drop(names.remove(path)),
        }
    }
}

/// Writes an image of what lay in one folder into another.
pub(crate) fn write(image: &Image<'_>, (from, to): (&Path, &Path)) {
    for (path, file) in image {
        let path = to.join(path.strip_prefix(from).unwrap());
        match file {
            None => std::fs::create_dir_all(path).unwrap(),
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file is written under one name and gets another; what of it is brought to the disk is `synced`.
    fn cuts(synced: &[&str]) -> BTreeSet<Vec<(String, Vec<u8>)>> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mut trace = Trace::default();
        let mut calls = vec![
            Call::Open { path: at("part"), empties: true },
            Call::Write { path: at("part"), at: Some(0), bytes: b"whole".to_vec() },
        ];
        let sync = |name: &str| Call::Sync { path: at(name) };
        calls.extend(synced.contains(&"file").then(|| sync("part")));
        calls.push(Call::Rename { from: at("part"), to: at("file") });
        calls.extend(synced.contains(&"folder").then(|| Call::Sync { path: at("") }));
        for call in calls {
            // A folder is named without an end.
            let call = match call {
                Call::Sync { path } => Call::Sync { path: path.components().collect() },
                other => other,
            };
            trace.calls.push(call);
            let number = trace.calls.len() - 1;
            trace.moments.extend([Moment::Begun(number), Moment::Done(number)]);
        }
        let mut disk = Disk::of(folder.path());
        for moment in &trace.moments {
            disk.goes_on(&trace, *moment);
        }
        let mut dice = Dice::new(1);
        let image = |_| {
            let files = disk.cut(&mut dice).into_iter().filter_map(|(path, file)| {
                let name = path.file_name()?.to_string_lossy().into_owned();
                Some((name, file?.into_owned()))
            });
            files.collect()
        };
        (0..200).map(image).collect()
    }

    #[test]
    fn only_what_was_brought_to_the_disk_is_sure() {
        let file = |name: &str, text: &str| vec![(name.to_owned(), text.as_bytes().to_vec())];
        assert_eq!(cuts(&["file", "folder"]), BTreeSet::from([file("file", "whole")]));
        let any = cuts(&["file"]);
        assert!(any.contains(&Vec::new()) && any.contains(&file("file", "whole")), "{any:?}");
        assert!(cuts(&["folder"]).contains(&file("file", "")), "a name is no contents");
    }
}

//! A record that goes on is the record it was, and whoever still writes on the old line is heard.

mod cut;

use super::*;
use crate::app::ShownRule;
use crate::ids::{DeviceId, EntryId, UserId};
use crate::merge::{review_edits, settle_edits};

const ID: DocumentId = DocumentId::from_bytes([7; 16]);

/// Repeatable numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

/// Answers that come up, for each kind: every merge code, entries that are removed, signing.
fn pool(kind: &str) -> Vec<(&'static str, Vec<Value>)> {
    let texts = |all: &[&str]| all.iter().map(|text| Value::text(*text)).collect::<Vec<_>>();
    match kind {
        "run" => vec![
            ("state", texts(&["open", "done", "signed", "reopened"])),
            ("item/B-H09/status", texts(&["ok", "not_ok", "not_checked"])),
            ("item/B-H09/comment", texts(&["Spår av möss", "Rent", "Rent nu"])),
            ("item/B-F01/status", texts(&["ok", "not_ok", "not_applicable"])),
            ("unknown/of/a_newer_catalog", texts(&["ett", "två"])),
        ],
        "journal" => vec![
            ("notes/aaaaaaaaaaaaaaaa/state", texts(&["draft", "signed", "corrected"])),
            (
                "notes/aaaaaaaaaaaaaaaa/body",
                texts(&["Hembesök.", "Hembesök. Spisen trasig.", "Ett annat."]),
            ),
            (
                "notes/aaaaaaaaaaaaaaab/body",
                texts(&["Samtal.", "Samtal om skolan.", "Kort samtal."]),
            ),
            ("notes/aaaaaaaaaaaaaaaa/signed_at", vec![Value::Int(1_000), Value::Int(2_000)]),
        ],
        _ => vec![
            ("phone", texts(&["+46701740605", "+46701740606", "+46701740607"])),
            ("priority", texts(&["low", "normal", "urgent"])),
            ("state", texts(&["new", "active", "closed"])),
            ("arrival_date", texts(&["2026-01-02", "2026-01-03", "2026-02-01"])),
            ("legal_basis/SETTLEMENT", vec![Value::Bool(true), Value::Bool(false)]),
            ("persons/aaaaaaaaaaaaaaaa/given", texts(&["Amal", "Amaal"])),
            ("persons/aaaaaaaaaaaaaaaa/tombstone", vec![Value::text("dubblett"), Value::Null]),
            ("persons/aaaaaaaaaaaaaaab/given", texts(&["Yusuf", "Yousef", "Josef"])),
        ],
    }
}

/// What a device holds, of record and review.
#[derive(Clone, Default)]
struct Device {
    held: [BTreeSet<ChangeHash>; 2],
}

struct World {
    dice: Dice,
    kind: &'static str,
    chunks: BTreeMap<ChangeHash, (usize, Vec<u8>)>,
    /// All changes in the order in which they arrived.
    arrived: Vec<ChangeHash>,
    devices: Vec<Device>,
    /// When each device last met the server.
    met_ms: [i64; 4],
    now_ms: i64,
    actors: u8,
}

impl World {
    fn begun(kind: &'static str, seed: u64) -> Self {
        let mut world = Self {
            dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            kind,
            chunks: BTreeMap::new(),
            arrived: Vec::new(),
            devices: vec![Device::default(); 4],
            met_ms: [0; 4],
            now_ms: 1_790_000_000_000,
            actors: 0,
        };
        let by = world.by(0, Vec::new());
        let (key, values) = pool(kind).remove(0);
        let first = Edit { path: FieldPath::parse(key).unwrap(), value: values[0].clone() };
        let actor = world.actor();
        let (_, chunk) = Document::create(actor, vec![1], &[first], &by).unwrap();
        world.add(0, 0, chunk);
        world.meet_all();
        world
    }

    fn actor(&mut self) -> ActorId {
        self.actors += 1;
        ActorId::from_bytes([self.actors; 16])
    }

    fn by(&mut self, device: usize, review_heads: Vec<ChangeHash>) -> Authoring {
        self.now_ms += 60_000;
        let who = u8::try_from(device).unwrap();
        Authoring {
            device: DeviceId::from_bytes([who; 16]),
            user: UserId::from_bytes([who; 16]),
            now_ms: self.now_ms,
            clock_offset_s: None,
            review_heads,
        }
    }

    fn add(&mut self, device: usize, side: usize, chunk: Chunk) {
        self.devices[device].held[side].insert(chunk.hash);
        self.chunks.insert(chunk.hash, (side, chunk.bytes));
    }

    fn opened(&mut self, device: usize, side: usize) -> Option<Document> {
        let actor = self.actor();
        let chunks = self.devices[device].held[side].iter().map(|hash| &self.chunks[hash].1);
        Document::open(actor, chunks.map(Vec::as_slice)).ok()
    }

    fn acts(&mut self, device: usize) {
        let mut record = self.opened(device, 0).unwrap();
        let review = self.opened(device, 1);
        let heads = review.as_ref().map(Document::heads).unwrap_or_default();
        let by = self.by(device, heads);
        match self.dice.roll(8) {
            0 => {
                let entry = EntryId::from_bytes([self.actors; 10]);
                let edits = review_edits(entry, &record.heads(), true, "Sett.");
                self.decide(device, review, &edits, &by);
            }
            1 | 2 => {
                let state =
                    record_state(Catalog::builtin(), (self.kind, ID), &record, review.as_ref());
                let open = state.fields.iter().find(|(_, state)| state.is_open());
                let Some((path, field)) = open else { return };
                let entry = EntryId::from_bytes([self.actors; 10]);
                let value = field.statements.last().unwrap().value.clone();
                let edits = settle_edits(entry, path, &value, "Kontrollerat.", &field.seen());
                self.decide(device, review, &edits, &by);
            }
            _ => {
                let pool = pool(self.kind);
                let mut edits = Vec::new();
                for _ in 0..=self.dice.roll(3) {
                    let (key, values) = &pool[self.dice.roll(pool.len())];
                    let value = values[self.dice.roll(values.len())].clone();
                    edits.push(Edit { path: FieldPath::parse(key).unwrap(), value });
                }
                if let Some(chunk) = record.commit(&edits, &by).unwrap() {
                    self.add(device, 0, chunk);
                }
            }
        }
    }

    fn decide(&mut self, device: usize, review: Option<Document>, edits: &[Edit], by: &Authoring) {
        let chunk = match review {
            Some(mut review) => review.commit(edits, by).unwrap().unwrap(),
            None => Document::create(self.actor(), vec![2], edits, by).unwrap().1,
        };
        self.add(device, 1, chunk);
    }

    /// A device sends what it has and hears what there is.
    fn meets(&mut self, device: usize) {
        self.met_ms[device] = self.now_ms;
        let own = self.devices[device].held.clone();
        let fresh: Vec<_> =
            own.iter().flatten().copied().filter(|hash| !self.arrived.contains(hash)).collect();
        let sides = self.sides(&fresh);
        self.arrived.extend(in_order(&sides[0], &sides[1]).iter().map(|(_, info)| info.hash));
        for hash in &self.arrived {
            self.devices[device].held[self.chunks[hash].0].insert(*hash);
        }
    }

    fn meet_all(&mut self) {
        for device in (0..4).chain(0..4) {
            self.meets(device);
        }
    }

    fn sides(&self, hashes: &[ChangeHash]) -> [Vec<ChunkInfo>; 2] {
        let mut sides = [Vec::new(), Vec::new()];
        for hash in hashes {
            let (side, bytes) = &self.chunks[hash];
            sides[*side].push(parse(bytes).unwrap());
        }
        sides
    }
}

/// What a person sees of a record, without the names of changes.
type Seen = (Vec<(String, String)>, Vec<String>, Vec<String>);

fn seen(kind: &str, sides: [&[Vec<u8>]; 2]) -> Seen {
    let [record, review] = sides.map(|chunks| {
        let nobody = ActorId::from_bytes([0; 16]);
        Document::open(nobody, chunks.iter().map(Vec::as_slice)).ok()
    });
    let state = record_state(Catalog::builtin(), (kind, ID), &record.unwrap(), review.as_ref());
    let said = |all: &[Statement]| {
        let mut all: Vec<String> = all
            .iter()
            .map(|one| format!("{:?} by {} at {}", one.value, one.meta.user, one.meta.claimed_ms))
            .collect();
        all.sort();
        all.dedup();
        all.join(", ")
    };
    let shown = |state: &crate::merge::FieldState| {
        // Which of two open statements is named first, or comes first in a text, is nobody's decision.
        let picked = state.rule == ShownRule::Merged
            || (matches!(state.rule, ShownRule::Picked | ShownRule::First) && state.is_open());
        let value = if picked { String::new() } else { format!("{:?}", state.value) };
        let decisions: BTreeSet<String> = state
            .settlements
            .iter()
            .map(|one| format!("{:?} {}", one.value, one.meta.claimed_ms))
            .collect();
        format!(
            "{value} {:?} {:?} [{}] {decisions:?}",
            state.agreement,
            state.rule,
            said(&state.statements)
        )
    };
    let fields = state.fields.iter().map(|(path, field)| (path.as_str().to_owned(), shown(field)));
    let late = state.late.iter().map(|late| format!("{} {}", late.path.as_str(), said(&late.said)));
    let revived = state.revived.iter().map(|one| format!("{} {}", one.prefix, said(&one.said)));
    (fields.collect(), late.collect(), revived.collect())
}

fn bytes(infos: &[ChunkInfo]) -> Vec<Vec<u8>> {
    infos.iter().map(|info| info.bytes.clone()).collect()
}

/// The new line as a server keeps it.
#[derive(Default)]
struct Kept {
    chunks: [Vec<Vec<u8>>; 2],
    into: [BTreeMap<ChangeHash, Vec<ChangeHash>>; 2],
    said: BTreeMap<StatementId, StatementId>,
}

impl Kept {
    fn take(&mut self, carried: Carried, actor: ActorId) {
        let side = usize::from(carried.of == Of::Review);
        self.chunks[side].extend(carried.chunk.map(|chunk| chunk.bytes));
        self.into[side].insert(carried.was, carried.into);
        let said = carried.said.into_iter();
        self.said.extend(said.map(|(counter, id)| (StatementId { counter, actor }, id)));
    }
}

fn told(kind: &'static str, seed: u64) -> [usize; 2] {
    let mut world = World::begun(kind, seed);
    for _ in 0..30 {
        let device = world.dice.roll(4);
        world.acts(device);
        if world.dice.roll(3) == 0 {
            world.meets(device);
        }
    }
    let old = world.sides(&world.arrived);
    // Where things are signed, a signing that comes late shows what stood then.
    let since_ms = if kind == "case" { i64::MAX } else { world.met_ms.into_iter().min().unwrap() };
    let wanted = Wanted { since_ms, salt: [1; 16], cut: None };
    let parts = (old[0].as_slice(), old[1].as_slice());
    let all = continued(Catalog::builtin(), (kind, ID), parts, &wanted).unwrap();
    let mut kept = Kept::default();
    for carried in all {
        let actor = parse(&world.chunks[&carried.was].1).unwrap().actor;
        kept.take(carried, actor);
    }
    let before = [bytes(&old[0]), bytes(&old[1])];
    let shown = |sides: &[Vec<Vec<u8>>; 2]| seen(kind, [&sides[0], &sides[1]]);
    assert_eq!(shown(&kept.chunks), shown(&before), "{kind} {seed}: another record");
    let counts = [kept.chunks[0].len(), old[0].len()];
    // What devices have written without knowing of it comes in afterwards.
    let already = world.arrived.len();
    for device in 0..4 {
        world.acts(device);
        world.meets(device);
    }
    for hash in &world.arrived[already..] {
        let (side, bytes) = world.chunks[hash].clone();
        let sides = [0, 1].map(|side| (kept.chunks[side].as_slice(), kept.into[side].clone()));
        let mut line = Line::at(sides, kept.said.clone(), [2; 16]).unwrap();
        let info = parse(&bytes).unwrap();
        let of = if side == 0 { Of::Record } else { Of::Review };
        let carried = line.carry(of, &info, &|_| true).unwrap();
        kept.take(carried, info.actor);
    }
    let whole = world.sides(&world.arrived);
    let whole = [bytes(&whole[0]), bytes(&whole[1])];
    assert_eq!(shown(&kept.chunks), shown(&whole), "{kind} {seed}: late work comes out otherwise");
    counts
}

#[test]
fn a_record_goes_on_as_it_was_and_late_work_comes_out_the_same() {
    for kind in ["case", "run", "journal"] {
        let sizes: Vec<[usize; 2]> = (0..30).map(|seed| told(kind, seed)).collect();
        let [new, old] = [0, 1].map(|at| sizes.iter().map(|sizes| sizes[at]).sum::<usize>());
        // Of states, signings and texts all that was said counts.
        let is_whole = kind == "journal";
        assert!(new < old || is_whole, "{kind}: {new} of {old} changes were carried over");
    }
}

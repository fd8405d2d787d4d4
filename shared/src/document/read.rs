//! Reading a document: what stands in each field, who said it, what was said before.

use core::fmt;
use core::str::FromStr;
use std::collections::{BTreeMap, BTreeSet};

use automerge::{ObjId, ROOT, ReadDoc};

use crate::chunk::parse;
use crate::document::meta::ChangeMeta;
use crate::document::open::Document;
use crate::document::scalar::{from_ref, from_scalar};
use crate::ids::{ActorId, ChangeHash, from_base32};
use crate::order;
use crate::path::{FieldPath, HEADER_KEY};
use crate::plant::{self, Plant};
use crate::value::Value;

/// The id of one act of writing one field: actor and operation counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId {
    /// Operation counter.
    pub counter: u64,
    /// Actor.
    pub actor: ActorId,
}

impl fmt::Display for StatementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.actor, self.counter)
    }
}

impl FromStr for StatementId {
    type Err = crate::ids::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (actor, counter) = text.split_once('@').ok_or(crate::ids::IdError::Character)?;
        let counter = counter.parse().map_err(|_| crate::ids::IdError::Character)?;
        Ok(Self { counter, actor: ActorId::from_bytes(from_base32(actor)?) })
    }
}

/// A value that stands in a field, and who said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The value.
    pub value: Value,
    /// The act of writing it.
    pub id: StatementId,
    /// The change it came with.
    pub change: ChangeHash,
    /// Who, where, when.
    pub meta: ChangeMeta,
}

impl Document {
    /// The values of a field that no one has overwritten, Automerge's winner first.
    #[must_use]
    pub fn statements(&self, path: &FieldPath) -> Vec<Statement> {
        self.read_all(path, None)
    }

    /// Everything that stands in the document, header excepted, in one pass.
    #[must_use]
    pub fn fields(&self) -> BTreeMap<FieldPath, Vec<Statement>> {
        let mut fields = BTreeMap::new();
        for item in self.inner.map_range(ROOT, ..) {
            let Ok(path) = FieldPath::parse(&item.key) else { continue };
            if path.as_str() == HEADER_KEY {
                continue;
            }
            let statements = if item.conflict && !plant::is(Plant::LastWins) {
                self.read_all(&path, None)
            } else {
                let value = from_ref(&item.value);
                value.and_then(|value| self.statement(value, &item.id())).into_iter().collect()
            };
            fields.insert(path, statements);
        }
        fields
    }

    /// The values alone, Automerge's winner first.
    #[must_use]
    pub fn values(&self, path: &FieldPath) -> Vec<Value> {
        self.statements(path).into_iter().map(|statement| statement.value).collect()
    }

    /// The values of all fields as they stood at those heads; contradictions give the winner.
    /// Heads the document does not know are ignored.
    #[must_use]
    pub fn fields_at(&self, heads: &[ChangeHash]) -> BTreeMap<FieldPath, Value> {
        let heads = self.engine_heads(heads);
        order::map(self.inner.map_range_at(ROOT, .., &heads).filter_map(|item| {
            let path = FieldPath::parse(&item.key).ok()?;
            (path.as_str() != HEADER_KEY).then_some(())?;
            Some((path, from_ref(&item.value)?))
        }))
    }

    /// Fields that changes outside the history of those heads have written.
    #[must_use]
    pub fn touched_since(&self, heads: &[ChangeHash]) -> BTreeSet<FieldPath> {
        let changes = self.inner.get_changes(&self.engine_heads(heads));
        let ops = changes.iter().filter_map(|change| parse(change.raw_bytes()).ok());
        let paths = ops.flat_map(|info| info.ops).map(|op| op.key);
        order::set(paths.filter(|path| path.as_str() != HEADER_KEY))
    }

    /// Everything ever said in a field, oldest first, whether it still stands or not.
    #[must_use]
    pub fn history(&self, path: &FieldPath) -> Vec<Statement> {
        let all = self.all_history();
        all.into_iter().filter(|(at, _)| at == path).map(|(_, statement)| statement).collect()
    }

    /// Everything ever said in the document, in causal order.
    #[must_use]
    pub fn all_history(&self) -> Vec<(FieldPath, Statement)> {
        let mut out = Vec::new();
        for change in self.inner.get_changes(&[]) {
            let hash = ChangeHash::from_bytes(change.hash().0);
            let Some(meta) = self.metas.get(&hash) else { continue };
            let Ok(info) = parse(change.raw_bytes()) else { continue };
            // What a change itself replaces was never said to anyone.
            let mut said = BTreeMap::new();
            for (counter, op) in (info.start_op..).zip(info.ops) {
                let Some(value) = op.value else { continue };
                let id = StatementId { counter, actor: info.actor };
                said.insert(op.key, Statement { value, id, change: hash, meta: meta.clone() });
            }
            out.extend(said);
        }
        out
    }

    /// All values of the header: one, except where two people made a review document at once.
    #[must_use]
    pub fn headers(&self) -> Vec<Vec<u8>> {
        let all = self.inner.get_all(ROOT, HEADER_KEY).unwrap_or_default();
        all.into_iter().filter_map(|(value, _)| value.as_bytes().map(<[u8]>::to_vec)).collect()
    }

    /// Whether the change lies in the history of those heads, themselves included.
    #[must_use]
    pub fn includes(&self, heads: &[ChangeHash], hash: &ChangeHash) -> bool {
        let mut found = false;
        self.walk(heads, |one| {
            found = one == *hash;
            !found
        });
        found
    }

    /// The history of some heads, themselves included; heads that are not here are left out.
    #[must_use]
    pub fn history_of(&self, heads: &[ChangeHash]) -> BTreeSet<ChangeHash> {
        let mut all = BTreeSet::new();
        self.walk(heads, |one| {
            all.insert(one);
            true
        });
        all
    }

    /// Goes from heads to what they build on, as long as it is wanted.
    fn walk(&self, heads: &[ChangeHash], mut wanted: impl FnMut(ChangeHash) -> bool) {
        let mut waiting: Vec<ChangeHash> = heads.to_vec();
        let mut seen = BTreeSet::new();
        while let Some(head) = waiting.pop() {
            if !seen.insert(head) {
                continue;
            }
            // Without its bytes: writing a change out costs much more than looking at it.
            let meta = self.inner.get_change_meta_by_hash(&automerge::ChangeHash(*head.as_bytes()));
            let Some(meta) = meta else { continue };
            if !wanted(head) {
                return;
            }
            waiting.extend(meta.deps.iter().map(|dep| ChangeHash::from_bytes(dep.0)));
        }
    }

    /// The content in a form that is equal on all replicas with equal heads: sorted keys, each with
    /// all values that stand and the change each came with.
    #[must_use]
    pub fn canonical_json(&self) -> String {
        let mut out = String::from("{");
        for (at, (path, mut statements)) in self.fields().into_iter().enumerate() {
            order::sort_by_key(&mut statements, |statement| statement.id);
            let separator = if at == 0 { "" } else { "," };
            out.push_str(separator);
            out.extend([format!("{:?}:[", path.as_str())]);
            for (at, statement) in statements.iter().enumerate() {
                let separator = if at == 0 { "" } else { "," };
                out.extend([format!(
                    "{separator}[{},\"{}\"]",
                    json(&statement.value),
                    crate::ids::base32(statement.change.as_bytes())
                )]);
            }
            out.push(']');
        }
        out.push('}');
        out
    }

    /// The acts of writing that stood in a field at those heads, the header's included. Heads the
    /// document does not know are ignored.
    #[must_use]
    pub fn standing_at(&self, path: &FieldPath, heads: &[ChangeHash]) -> BTreeSet<StatementId> {
        let heads = self.engine_heads(heads);
        let all = self.inner.get_all_at(ROOT, path.as_str(), &heads).unwrap_or_default();
        order::set(all.into_iter().filter_map(|(_, id)| {
            let ObjId::Id(counter, actor, _) = id else { return None };
            let actor = ActorId::try_from(actor.to_bytes()).ok()?;
            Some(StatementId { counter, actor })
        }))
    }

    fn read_all(
        &self,
        path: &FieldPath,
        heads: Option<&[automerge::ChangeHash]>,
    ) -> Vec<Statement> {
        let all = match heads {
            Some(heads) => self.inner.get_all_at(ROOT, path.as_str(), heads),
            None => self.inner.get_all(ROOT, path.as_str()),
        };
        // Automerge gives the winner last.
        all.unwrap_or_default()
            .into_iter()
            .rev()
            .filter_map(|(value, id)| match value {
                automerge::Value::Scalar(scalar) => self.statement(from_scalar(&scalar)?, &id),
                automerge::Value::Object(_) => None,
            })
            .collect()
    }

    fn statement(&self, value: Value, id: &ObjId) -> Option<Statement> {
        let ObjId::Id(counter, actor, _) = id else { return None };
        let actor = ActorId::try_from(actor.to_bytes()).ok()?;
        let change = ChangeHash::from_bytes(self.inner.hash_for_opid(id)?.0);
        let meta = self.metas.get(&change)?.clone();
        Some(Statement { value, id: StatementId { counter: *counter, actor }, change, meta })
    }

    fn engine_heads(&self, heads: &[ChangeHash]) -> Vec<automerge::ChangeHash> {
        heads
            .iter()
            .filter(|hash| self.knows(hash))
            .map(|hash| automerge::ChangeHash(*hash.as_bytes()))
            .collect()
    }
}

fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(yes) => yes.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Str(text) => format!("{text:?}"),
    }
}

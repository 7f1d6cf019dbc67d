//! What was worked out of late, for a file that is looked at again and again.
//!
//! Nothing in here can be out of date: a text is found by its object's name, and all else by the texts it was made of.

use std::{
    borrow::Cow,
    cell::RefCell,
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use git2::{ObjectType, Oid};

use super::{
    Error,
    diff::{self, Change},
    fast,
    hunks::{Found, Side, moved},
    lines::Lines,
    numbers::Numbers,
    text::Text,
};

/// Texts of the repository, and their bytes in sum.
const MAX_TEXTS: usize = 16;
const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;
/// Comparisons, and the bytes of the texts that they are of.
const MAX_COMPARED: usize = 8;
const MAX_COMPARED_BYTES: usize = 64 * 1024 * 1024;
/// Names of hunks.
const MAX_NAMES: usize = 50_000;

#[derive(Default)]
pub struct Cache(RefCell<Inner>);

#[derive(Default)]
struct Inner {
    /// The last one first.
    texts: VecDeque<(String, Text)>,
    compared: VecDeque<Compared>,
    numbers: Numbers,
    names: HashMap<(u64, u64), Oid>,
    /// Keys that nobody else has, so that nobody can make two hunks look like one.
    hashers: (RandomState, RandomState),
}

struct Compared {
    side: Side,
    context: u32,
    old: Text,
    new: Text,
    result: Arc<Comparison>,
}

/// The changes between two texts, and the hunks that they make.
#[derive(Debug)]
pub struct Comparison {
    pub changes: Vec<Change>,
    pub found: Vec<Found>,
}

impl Cache {
    /// A text by its object's name, or as it is read.
    pub fn text(
        &self,
        oid: &str,
        read: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<Text, Error> {
        let known = self.0.borrow().texts.iter().find(|(name, _)| name == oid).cloned();
        if let Some((_, text)) = known {
            return Ok(text);
        }
        let text = Text::new(read()?);
        self.keep(oid, &text);
        Ok(text)
    }

    /// This is the text of this object.
    pub fn keep(&self, oid: &str, text: &Text) {
        let texts = &mut self.0.borrow_mut().texts;
        if texts.iter().any(|(name, _)| name == oid) {
            return;
        }
        texts.push_front((oid.to_owned(), text.clone()));
        texts.truncate(MAX_TEXTS);
        bound(texts, MAX_TEXT_BYTES, |(_, text)| text.len());
    }

    /// These bytes, shared where a text that was compared of late is the same.
    pub fn shared(&self, bytes: Cow<'_, [u8]>) -> Text {
        let compared = &self.0.borrow().compared;
        let known = compared.iter().flat_map(|known| [&known.new, &known.old]);
        let mut known = known.filter(|text| text.len() == bytes.len());
        known
            .find(|text| ***text == *bytes)
            .cloned()
            .unwrap_or_else(|| Text::new(bytes.into_owned()))
    }

    /// The hunks between two texts, as they were found before or as they are found now.
    pub fn compared(
        &self,
        (side, context): (Side, u32),
        (old, new): (&Text, &Text),
        find: impl FnOnce() -> Result<Comparison, Error>,
    ) -> Result<Arc<Comparison>, Error> {
        let known: Vec<(Side, Arc<Comparison>)> = {
            let compared = &self.0.borrow().compared;
            let same = compared
                .iter()
                .filter(|known| known.context == context && known.old == *old && known.new == *new);
            same.map(|known| (known.side, Arc::clone(&known.result))).collect()
        };
        if let Some((_, known)) = known.iter().find(|known| known.0 == side) {
            return Ok(Arc::clone(known));
        }
        let result = Arc::new(match known.first() {
            // What was not staged may be all that is staged now.
            Some((_, other)) => {
                let Comparison { changes, found } = &**other;
                Comparison { changes: changes.clone(), found: moved(found, side) }
            }
            None => find()?,
        });
        let compared = &mut self.0.borrow_mut().compared;
        let (old, new) = (old.clone(), new.clone());
        compared.push_front(Compared { side, context, old, new, result: Arc::clone(&result) });
        compared.truncate(MAX_COMPARED);
        bound(compared, MAX_COMPARED_BYTES, |known| known.old.len() + known.new.len());
        Ok(result)
    }

    /// As [`diff::changes`], of texts that were compared with others before.
    pub fn changes(
        &self,
        old: (&Text, &Lines<'_>),
        new: (&Text, &Lines<'_>),
        context: u32,
    ) -> Result<Vec<Change>, Error> {
        // With no context git does not look at all of them.
        if context == 0 || old.0 == new.0 {
            return diff::changes(old.0, new.0, context);
        }
        let settled = self.0.borrow_mut().numbers.with(old, new, |pair| fast::settled(&pair));
        settled.map_or_else(|| diff::by_libgit2(old.0, new.0), Ok)
    }

    /// The name of this content, as git names a blob.
    pub fn name(&self, content: &[u8]) -> Result<Oid, Error> {
        let inner = &mut *self.0.borrow_mut();
        let key = (inner.hashers.0.hash_one(content), inner.hashers.1.hash_one(content));
        if let Some(name) = inner.names.get(&key) {
            return Ok(*name);
        }
        let name = Oid::hash_object(ObjectType::Blob, content)?;
        if inner.names.len() >= MAX_NAMES {
            inner.names.clear();
        }
        inner.names.insert(key, name);
        Ok(name)
    }
}

/// Lets the oldest go until the sum is within bounds; the newest stays.
fn bound<T>(all: &mut VecDeque<T>, most: usize, size: impl Fn(&T) -> usize) {
    let mut sum: usize = all.iter().map(&size).sum();
    while sum > most && all.len() > 1 {
        sum -= all.pop_back().as_ref().map_or(0, &size);
    }
}

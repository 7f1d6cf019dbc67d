//! From what a person chose to the edits it means for the file as it is now.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    Error,
    cache::Comparison,
    hunks::{Found, Side, context_of},
    memory::Told,
    snapshot::{Pair, Snapshot},
    splice::{Chosen, Direction, LineEdit, edit},
};

/// What of a file an act is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All of it, mode and binary included.
    File,
    /// All of these or none.
    Hunks(Vec<Target>),
}

/// A hunk by its name, or some of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub hunk_id: String,
    pub lines: Option<LineNumbers>,
}

/// Removed lines by old number, added lines by new number, as they were told; 1-based.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineNumbers {
    pub old: Vec<u32>,
    pub new: Vec<u32>,
}

/// A selection of somebody who was told where hunks are.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub selection: &'a Selection,
    pub told: Told,
}

/// What a selection comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    pub edits: Vec<LineEdit>,
    /// The change of mode is part of it.
    pub mode: bool,
}

/// Why a selection comes to nothing.
#[derive(Debug)]
pub enum Refused {
    /// A hunk is no longer there, or was taken by an act of the same moment.
    Stale,
    Because(Error),
}

/// The hunks of one list at every context that is asked for.
pub struct Finder<'a> {
    snapshot: &'a Snapshot,
    pub pair: Pair<'a>,
    direction: Direction,
    by_context: HashMap<u32, Known>,
    taken: BTreeSet<(u32, u32)>,
    mode_taken: bool,
}

struct Known {
    compared: Arc<Comparison>,
    by_id: HashMap<String, usize>,
}

impl<'a> Finder<'a> {
    pub fn new(snapshot: &'a Snapshot, side: Side, direction: Direction) -> Result<Self, Error> {
        let pair = snapshot.pair(side)?;
        let (by_context, taken) = (HashMap::new(), BTreeSet::new());
        Ok(Self { snapshot, pair, direction, by_context, taken, mode_taken: false })
    }

    /// The edits of one selection. What is taken once cannot be taken again.
    pub fn resolve(&mut self, targets: &[Target], told: &Told) -> Result<Resolved, Refused> {
        let mut resolved = Resolved::default();
        for target in targets {
            self.resolve_one(target, told, &mut resolved)?;
        }
        // Two targets may name parts of one change; they are one edit only if they are one target.
        let mut ranges: Vec<(u32, u32)> =
            resolved.edits.iter().map(|edit| (edit.lines.start, edit.lines.end)).collect();
        ranges.sort_unstable();
        let apart = ranges.windows(2).all(|two| two[0] != two[1] && two[0].1 <= two[1].0);
        if !apart
            || ranges.iter().any(|range| self.is_taken(*range))
            || (resolved.mode && self.mode_taken)
        {
            return Err(Refused::Stale);
        }
        self.taken.extend(ranges);
        self.mode_taken |= resolved.mode;
        Ok(resolved)
    }

    fn is_taken(&self, (start, end): (u32, u32)) -> bool {
        let before = self.taken.range(..(end, 0)).next_back();
        before.is_some_and(|taken| taken.1 > start) || self.taken.contains(&(start, end))
    }

    fn resolve_one(
        &mut self,
        target: &Target,
        told: &Told,
        resolved: &mut Resolved,
    ) -> Result<(), Refused> {
        let side = self.pair.side;
        let mode = self.snapshot.mode_change(side);
        let mode = mode.map(|(old, new)| super::hunks::mode_hunk(side, old, new).hunk_id);
        if mode.as_ref() == Some(&target.hunk_id) {
            resolved.mode = true;
            return Ok(());
        }
        let context = context_of(&target.hunk_id, side).ok_or(Refused::Stale)?;
        self.know(context).map_err(Refused::Because)?;
        let known = self.by_context.get(&context).ok_or(Refused::Stale)?;
        let index = known.by_id.get(&target.hunk_id).ok_or(Refused::Stale)?;
        let hunk = &known.compared.found[*index];
        let changes = &known.compared.changes[hunk.changes.clone()];
        let Some(numbers) = &target.lines else {
            let all =
                changes.iter().map(|change| edit(&self.pair, change, &Chosen::All, self.direction));
            resolved.edits.extend(all);
            return Ok(());
        };
        if numbers.old.is_empty() && numbers.new.is_empty() {
            return Err(Refused::Because(Error::NothingSelected));
        }
        // The numbers are those of a list that was told; the hunk may have moved since. Where no such list is known, they
        // could mean other lines than the person saw.
        let (old_told, new_told) = told.place(&target.hunk_id).ok_or(Refused::Stale)?;
        let (old_now, new_now) =
            changes.first().map_or((0, 0), |first| (first.old.start, first.new.start));
        let moved = |number: u32, told: u32, now: u32| {
            let moved = i64::from(number) - i64::from(told) + i64::from(now) - 1;
            u32::try_from(moved).map_err(|_| Refused::Because(Error::NoSuchLine(number)))
        };
        let mut old = BTreeSet::new();
        for number in &numbers.old {
            let line = moved(*number, old_told, old_now)?;
            if !changes.iter().any(|change| change.old.contains(&line)) {
                return Err(Refused::Because(Error::NoSuchLine(*number)));
            }
            old.insert(line);
        }
        let mut new = BTreeSet::new();
        for number in &numbers.new {
            let line = moved(*number, new_told, new_now)?;
            if !changes.iter().any(|change| change.new.contains(&line)) {
                return Err(Refused::Because(Error::NoSuchLine(*number)));
            }
            new.insert(line);
        }
        for change in changes {
            let of = |lines: &BTreeSet<u32>, range: &std::ops::Range<u32>| -> BTreeSet<u32> {
                lines.range(range.clone()).copied().collect()
            };
            let (old, new) = (of(&old, &change.old), of(&new, &change.new));
            if !old.is_empty() || !new.is_empty() {
                let chosen = Chosen::Lines { old, new };
                resolved.edits.push(edit(&self.pair, change, &chosen, self.direction));
            }
        }
        Ok(())
    }

    fn know(&mut self, context: u32) -> Result<(), Error> {
        if self.by_context.contains_key(&context) {
            return Ok(());
        }
        let compared = self.snapshot.find(&self.pair, context)?;
        let named = |(at, hunk): (usize, &Found)| (hunk.id.clone(), at);
        let by_id = compared.found.iter().enumerate().map(named).collect();
        self.by_context.insert(context, Known { compared, by_id });
        Ok(())
    }
}

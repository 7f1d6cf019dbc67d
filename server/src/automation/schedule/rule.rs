//! One rule: how it steps and where it ends.

use jiff::{SignedDuration, Timestamp, civil};

use super::{often::Often, rare::Rare};

#[derive(Clone, Debug)]
pub struct Rule {
    pub steps: Steps,
    /// How many occurrences there are at all.
    pub count: Option<usize>,
    /// The last moment at which there may be one.
    pub until: Option<Timestamp>,
}

#[derive(Clone, Debug)]
pub enum Steps {
    /// In elapsed time, whatever the clocks say.
    Elapsed(Elapsed),
    /// Hours or minutes of wall time.
    Often(Box<Often>),
    /// Days and longer.
    Rare(Box<Rare>),
}

impl Rule {
    /// The wall times of the rule from this one on, in order.
    pub fn walls(&self, from: civil::DateTime) -> Box<dyn Iterator<Item = civil::DateTime> + '_> {
        // What is counted is counted from the beginning.
        let begin = if self.count.is_some() { civil::DateTime::MIN } else { from };
        let all: Box<dyn Iterator<Item = civil::DateTime>> = match &self.steps {
            Steps::Elapsed(_) => Box::new(std::iter::empty()),
            Steps::Often(often) => Box::new(often.walls(begin)),
            Steps::Rare(rare) => Box::new(rare.walls(begin)),
        };
        Box::new(all.take(self.count.unwrap_or(usize::MAX)).skip_while(move |wall| *wall < from))
    }

    /// Whether a wall time that comes twice counts twice.
    pub fn both_passes(&self) -> bool {
        matches!(&self.steps, Steps::Often(often) if often.is_every_hour())
    }
}

/// Steps of one length from an anchor on.
#[derive(Clone, Debug)]
pub struct Elapsed {
    pub anchor: Timestamp,
    pub step: SignedDuration,
    pub count: Option<usize>,
}

impl Elapsed {
    pub fn after(&self, after: Timestamp) -> impl Iterator<Item = Timestamp> {
        let step = self.step.as_secs().max(1);
        let since = after.duration_since(self.anchor).as_secs();
        let first = if after < self.anchor { 0 } else { since / step + 1 };
        let count = self.count.and_then(|count| i64::try_from(count).ok()).unwrap_or(i64::MAX);
        let anchor = self.anchor;
        (first..count).map_while(move |n| {
            anchor.checked_add(SignedDuration::from_secs(step.checked_mul(n)?)).ok()
        })
    }
}

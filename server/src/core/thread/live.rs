//! Live notifications about turns and items as wholes.

use super::item::{Item, MAX_SHOWN};
use super::turn::Turn;
use super::{Outcome, Thread, change, read, wire};
use crate::protocol::thread::{ChangeOp, ThreadChange};
use crate::protocol::{Raw, TurnId};

impl Thread {
    pub(super) fn turn_started(
        &mut self,
        params: &Raw,
        at: u64,
        out: &mut Vec<ThreadChange>,
    ) -> Outcome {
        let note: wire::TurnNote = read(params)?;
        let row = note.turn;
        let id = TurnId::from(row.id.as_str());
        // A review: its first item came under the id that its end will carry. A later turn of the same
        // chain of work names a root too, but by then that one has settled.
        let root = row.root_turn_id.as_ref().filter(|root| root.as_str() != id.as_str());
        let reviewed = root
            .and_then(|root| self.turn_place(root.as_str()))
            .filter(|place| !self.turns[*place].settled);
        if let Some(place) = reviewed {
            self.aliases.insert(id.clone(), self.turns[place].id.clone());
        }
        let place = match self.turn_place(id.as_str()) {
            Some(place) => place,
            None => self.add_turn(Turn::from_row(id.clone(), &row), out),
        };
        let turn = &mut self.turns[place];
        if turn.settled {
            return Ok(());
        }
        turn.begin(row.started_at(), at, out);
        self.active = Some(id);
        Ok(())
    }

    /// Takes the plan of a turn; one that is larger than a text may be is left out.
    pub(super) fn plan_updated(&mut self, params: &Raw, out: &mut Vec<ThreadChange>) -> Outcome {
        let note: wire::PlanUpdated = read(params)?;
        let place = self.scope(Some(note.turn_id.as_str()), out)?;
        let plan = Raw::of(&wire::Plan { explanation: note.explanation, plan: note.plan });
        let turn = &mut self.turns[place];
        if turn.plan.as_ref() != Some(&plan) && plan.len() <= MAX_SHOWN {
            turn.plan = Some(plan);
            out.push(turn.change());
        }
        Ok(())
    }

    pub(super) fn turn_completed(
        &mut self,
        params: &Raw,
        at: u64,
        out: &mut Vec<ThreadChange>,
    ) -> Outcome {
        let note: wire::TurnNote = read(params)?;
        let row = note.turn;
        let place = self.scope(Some(row.id.as_str()), out)?;
        let active = self.active.as_ref().and_then(|active| self.turn_place(active.as_str()));
        if active == Some(place) {
            self.active = None;
        }
        let turn = &mut self.turns[place];
        if turn.settled {
            return Ok(());
        }
        turn.begin(row.started_at(), at, out);
        let completed_at = row.completed_at();
        let status = row.status.map_or_else(|| "completed".to_owned(), Into::into);
        turn.close_items(status != "completed", out);
        turn.settle(status, row.error.map(Raw::from), completed_at, at, out);
        Ok(())
    }

    pub(super) fn item_started(&mut self, params: &Raw, out: &mut Vec<ThreadChange>) -> Outcome {
        let note: wire::ItemNote = read(params)?;
        let item = Item::started(note.item, note.started_at_ms)?;
        let place = self.scope(note.turn_id.as_ref().map(wire::Text::as_str), out)?;
        let turn = &mut self.turns[place];
        match turn.places.get(&item.id) {
            Some(&known) if !turn.items[known].stub => {}
            Some(&known) => {
                let known = &mut turn.items[known];
                self.bytes += item.raw.len();
                self.bytes -= known.raw.len();
                known.describe(item);
                out.push(known.change(&turn.id));
            }
            None => {
                self.bytes += item.bytes();
                turn.push_item(item, out);
            }
        }
        Ok(())
    }

    pub(super) fn item_completed(&mut self, params: &Raw, out: &mut Vec<ThreadChange>) -> Outcome {
        let note: wire::ItemNote = read(params)?;
        let item = Item::completed(note.item, note.started_at_ms)?;
        let place = self.scope(note.turn_id.as_ref().map(wire::Text::as_str), out)?;
        let turn = &mut self.turns[place];
        if let Some(&known) = turn.places.get(&item.id) {
            let known = &mut turn.items[known];
            let before = known.bytes();
            if known.complete(item) {
                out.push(known.change(&turn.id));
            }
            self.bytes = self.bytes + known.bytes() - before;
        } else {
            self.bytes += item.bytes();
            turn.push_item(item, out);
        }
        Ok(())
    }

    /// The app-server says that turns are gone, not which: what the next replay lists comes back, with what only we saw of it.
    pub(super) fn revert(&mut self, out: &mut Vec<ThreadChange>) {
        self.reverted.append(&mut self.turns);
        self.index_turns();
        self.active = None;
        self.bytes = 0;
        self.older_exists = true;
        out.push(change(ChangeOp::Reset));
    }
}

//! What continues an item: text deltas, patch updates, progress.

use super::item::{Appended, Field, Item, MAX_PARTS};
use super::{Outcome, Thread, change, read, wire};
use crate::protocol::Raw;
use crate::protocol::thread::{ChangeOp, ThreadChange};

impl Thread {
    /// The hot path: two borrowed ids, one comparison with where the last delta went, one append.
    pub(super) fn delta(
        &mut self,
        params: &Raw,
        kind: &str,
        field: Field,
        out: &mut Vec<ThreadChange>,
    ) -> Outcome {
        let note: wire::Delta<'_> = read(params)?;
        self.append(note.turn_id.as_ref(), &note.item_id, kind, field, note.text.as_str(), out)
    }

    pub(super) fn part_delta(
        &mut self,
        params: &Raw,
        field: fn(u32) -> Field,
        out: &mut Vec<ThreadChange>,
    ) -> Outcome {
        let note: wire::PartDelta<'_> = read(params)?;
        let field = field(part(note.part_index)?);
        self.append(
            note.turn_id.as_ref(),
            &note.item_id,
            "reasoning",
            field,
            note.text.as_str(),
            out,
        )
    }

    /// A part that has begun is an empty text; one that has text already began before.
    pub(super) fn summary_part(&mut self, params: &Raw, out: &mut Vec<ThreadChange>) -> Outcome {
        let note: wire::SummaryPart<'_> = read(params)?;
        let field = Field::Summary(part(note.summary_index)?);
        let (turn, item) =
            self.continued(note.turn_id.as_ref(), &note.item_id, "reasoning", out)?;
        if self.turns[turn].items[item].has_part(field) {
            return Ok(());
        }
        self.append(note.turn_id.as_ref(), &note.item_id, "reasoning", field, "", out)
    }

    pub(super) fn progress(&mut self, params: &Raw, out: &mut Vec<ThreadChange>) -> Outcome {
        let note: wire::Progress<'_> = read(params)?;
        let line = format!("{}\n", note.message.as_str());
        self.append(
            note.turn_id.as_ref(),
            &note.item_id,
            "mcpToolCall",
            Field::Progress,
            &line,
            out,
        )
    }

    pub(super) fn patch_updated(&mut self, params: &Raw, out: &mut Vec<ThreadChange>) -> Outcome {
        let note: wire::PatchUpdated<'_> = read(params)?;
        let (turn, item) =
            self.continued(note.turn_id.as_ref(), &note.item_id, "fileChange", out)?;
        let turn = &mut self.turns[turn];
        let item = &mut turn.items[item];
        let before = item.bytes();
        if item.patch(note.changes) {
            out.push(item.change(&turn.id));
        }
        self.bytes = self.bytes + item.bytes() - before;
        Ok(())
    }

    /// The agent typed into a command: the one place where the app-server names the process of a running one.
    pub(super) fn terminal_interaction(&mut self, params: &Raw) -> Outcome {
        let note: wire::TerminalInteraction<'_> = read(params)?;
        if let Some((turn, item)) = self.place_of(note.turn.as_str(), note.item.as_str()) {
            self.turns[turn].items[item].interacted(note.process);
        }
        Ok(())
    }

    fn append(
        &mut self,
        turn_id: Option<&wire::Text<'_>>,
        item_id: &wire::Text<'_>,
        kind: &str,
        field: Field,
        delta: &str,
        out: &mut Vec<ThreadChange>,
    ) -> Outcome {
        let (turn_place, item_place) = self.continued(turn_id, item_id, kind, out)?;
        let turn = &mut self.turns[turn_place];
        let item = &mut turn.items[item_place];
        let appended = item.append(field, delta);
        match appended {
            Appended::Nothing => return Ok(()),
            Appended::Unseen => {}
            Appended::Whole => out.push(item.change(&turn.id)),
            Appended::Text => out.push(ThreadChange {
                item_id: Some(item.id.clone()),
                field: Some(field.name()),
                append: Some(delta.to_owned()),
                ..change(ChangeOp::Text).about(&turn.id)
            }),
        }
        self.bytes += delta.len();
        Ok(())
    }

    /// The item that a notification continues. One whose beginning we did not see begins here.
    fn continued(
        &mut self,
        turn_id: Option<&wire::Text<'_>>,
        item_id: &wire::Text<'_>,
        kind: &str,
        out: &mut Vec<ThreadChange>,
    ) -> Result<(usize, usize), String> {
        if let Some((turn_place, item_place)) = self.last {
            let turn = &self.turns[turn_place];
            let same_turn = turn_id.is_some_and(|id| id.as_str() == turn.id.as_str());
            if same_turn && turn.items[item_place].id.as_str() == item_id.as_str() {
                return Ok((turn_place, item_place));
            }
        }
        let turn_place = self.scope(turn_id.map(wire::Text::as_str), out)?;
        let turn = &mut self.turns[turn_place];
        let item_place = if let Some(&place) = turn.places.get(item_id.as_str()) {
            place
        } else {
            let item = Item::stub(item_id.as_str(), kind);
            self.bytes += item.bytes();
            turn.push_item(item, out);
            turn.items.len() - 1
        };
        self.last = Some((turn_place, item_place));
        Ok((turn_place, item_place))
    }
}

fn part(index: u32) -> Result<u32, String> {
    if index < MAX_PARTS {
        Ok(index)
    } else {
        Err(format!("part {index} of a reasoning item is beyond {MAX_PARTS}"))
    }
}

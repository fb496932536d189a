//! Saves of a row that can be undone, or may have been.

use crate::place::{End, Fate, Moment};
use crate::value::Param;

/// Saves in transactions that were still open, the oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Unsettled(Vec<Save>);

#[derive(Debug, Clone)]
struct Save {
    /// The values before.
    before: Vec<Param>,
    made: Moment,
}

/// The values that may be stored instead of those that were saved last.
pub(super) struct Possible<'u> {
    pub(super) before: Vec<&'u [Param]>,
    /// Whether it may be what was saved last all the same.
    pub(super) or_saved: bool,
}

impl Unsettled {
    /// Returns what may be stored, if it may be something else than what was saved last.
    pub(super) fn possible(&self) -> Option<Possible<'_>> {
        let mut before: Vec<&[Param]> = Vec::new();
        let mut or_saved = true;
        for save in &self.0 {
            match save.made.fate() {
                // It has met the row, and so has settled what became of those before.
                Fate::Open | Fate::Ended(End::Kept) => before.clear(),
                Fate::Ended(End::Unknown) => before.push(&save.before),
                Fate::Ended(End::Undone) => {
                    before.push(&save.before);
                    or_saved = false;
                    break;
                }
            }
        }
        (!before.is_empty()).then_some(Possible { before, or_saved })
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns what is left to be settled after another save. `before`: the values before that, if no save was undone.
    pub(super) fn and_save(self, before: Option<Vec<Param>>, made: Option<Moment>) -> Self {
        let Some(made) = made else {
            return Self::default();
        };
        let Self(mut saves) = self;
        let ended = |save: &Save, end| save.made.fate() == Fate::Ended(end);
        if let Some(kept) = saves.iter().rposition(|save| ended(save, End::Kept)) {
            saves.drain(..=kept);
        }
        let undone = saves.iter().position(|save| ended(save, End::Undone));
        let before = match undone {
            Some(undone) => saves.drain(undone..).next().map(|save| save.before),
            None => before,
        };
        saves.extend(before.map(|before| Save { before, made }));
        // Those that share their fate are undone together.
        saves.dedup_by(|later, earlier| later.made.is_with(&earlier.made));
        Self(saves)
    }

    /// Returns what is left to be settled now that the row was seen: that which is still open.
    pub(super) fn after_look(mut self) -> Self {
        self.0.retain(|save| save.made.fate() == Fate::Open);
        self
    }
}

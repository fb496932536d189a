//! Texts of queries that were rendered before, by their outlines.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::outline::{Outline, Part, Place};
use crate::hash::Folded;
use crate::place::{Context, PlacementKind};
use crate::value::Param;

/// The most texts that are kept at a time; then all are forgotten, and made again.
const MOST: usize = 1024;

/// The longest outline, in parts, and the longest text, in bytes, that are kept.
const LONGEST: (usize, usize) = (512, 16 * 1024);

/// Stand for the schemas while a text is made. No name of a model contains the characters.
pub(super) const SLOTS: [(&str, PlacementKind); 2] = [
    ("\u{1}", PlacementKind::Tenant),
    ("\u{2}", PlacementKind::Shared),
];

/// A text with slots for schemas, of which the values are given anew each time.
#[derive(Debug)]
pub(super) struct Template {
    text: Box<str>,
    /// Where the names of schemas go, in order.
    slots: Box<[(usize, PlacementKind)]>,
    /// Of each parameter, which of the outline's values it is; nothing where they are the same.
    order: Option<Box<[usize]>>,
}

impl Template {
    /// Whether an outline may have one: it is not too long, and has no slot in its own words.
    pub(super) fn is_possible(outline: &Outline) -> bool {
        let is_cut = |text: &str| SLOTS.iter().any(|(slot, _)| text.contains(slot));
        outline.parts.len() <= LONGEST.0
            && !outline.parts.iter().any(|part| match part {
                Part::Text(text) => is_cut(text),
                Part::Owned(text) => is_cut(text),
                Part::Number(_) | Part::Operator(_) => false,
            })
    }

    /// Cuts a rendered text. `written` are the places of its parameters. Gives nothing if it is too long, or if it can't be told what is
    /// what.
    pub(super) fn cut(text: &str, outline: &Outline, written: &[Place]) -> Option<Arc<Self>> {
        if text.len() > LONGEST.1 {
            return None;
        }
        let place = |written: &Place| outline.places.iter().position(|place| place == written);
        let order: Vec<usize> = written.iter().map(place).collect::<Option<_>>()?;
        let is_same = order.len() == outline.values.len()
            && order
                .iter()
                .enumerate()
                .all(|(index, place)| index == *place);
        let (mut whole, mut slots) = (String::with_capacity(text.len()), Vec::new());
        for piece in text.split_inclusive(|c| SLOTS.iter().any(|(slot, _)| slot.starts_with(c))) {
            let slot = SLOTS.iter().find(|(slot, _)| piece.ends_with(slot));
            whole.push_str(slot.map_or(piece, |(slot, _)| &piece[..piece.len() - slot.len()]));
            slots.extend(slot.map(|(_, placement)| (whole.len(), *placement)));
        }
        Some(Arc::new(Self {
            text: whole.into(),
            slots: slots.into(),
            order: (!is_same).then(|| order.into()),
        }))
    }

    /// The statement of some values in a place.
    pub(super) fn fill(&self, values: &mut Vec<Param>, context: &Context) -> (String, Vec<Param>) {
        let names = |(_, placement): &(usize, PlacementKind)| context.schema(*placement).as_str();
        let length: usize = self.slots.iter().map(|slot| names(slot).len()).sum();
        let mut sql = String::with_capacity(self.text.len() + length);
        let mut from = 0;
        for slot in &self.slots {
            sql.push_str(&self.text[from..slot.0]);
            sql.push_str(names(slot));
            from = slot.0;
        }
        sql.push_str(&self.text[from..]);
        let params = match &self.order {
            None => std::mem::take(values),
            Some(order) => order.iter().map(|&place| values[place].clone()).collect(),
        };
        (sql, params)
    }
}

/// Templates by their outlines.
#[derive(Default)]
pub(super) struct Templates(
    RwLock<HashMap<Box<[Part]>, Arc<Template>, BuildHasherDefault<Folded>>>,
);

/// Those of all databases: a text is the same in each.
pub(super) static TEMPLATES: LazyLock<Templates> = LazyLock::new(Templates::default);

impl Templates {
    /// Returns the template of an outline, if it is known.
    pub(super) fn of(&self, parts: &[Part]) -> Option<Arc<Template>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.get(parts).map(Arc::clone)
    }

    /// Keeps a template.
    pub(super) fn keep(&self, parts: &[Part], template: &Arc<Template>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(parts.into(), Arc::clone(template));
    }
}

thread_local! {
    static OUTLINE: RefCell<Outline> = RefCell::default();
}

/// Lends an outline to be filled, which keeps its room for the next one.
pub(super) fn with_outline<T>(work: impl FnOnce(&mut Outline) -> T) -> T {
    let mut outline = OUTLINE.try_with(RefCell::take).unwrap_or_default();
    outline.parts.clear();
    outline.values.clear();
    outline.places.clear();
    let done = work(&mut outline);
    // Values may be large, or secret, and are of no use any more.
    outline.values.clear();
    if outline.parts.capacity() <= LONGEST.0 {
        // A thread that ends has none.
        let _ = OUTLINE.try_with(|kept| kept.replace(outline));
    }
    done
}

#[cfg(test)]
mod tests;

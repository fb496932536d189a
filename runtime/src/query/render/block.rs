//! The text of one tenant's part of a statement over many tenants.

use sea_query::{SelectStatement, UnionType};

use super::Renderer;
use super::template::SLOTS;
use crate::error::Result;
use crate::name::SchemaName;
use crate::place::{Context, PlacementKind};
use crate::query::node::{Node, Shape};
use crate::value::Param;

/// Stands for the tenant's number in the statement.
const NUMBER: &str = "\u{3}";

/// Queries of one tenant, whose rows come one after another, with slots for its schema and its number. The values are those of all tenants.
#[derive(Debug)]
pub(crate) struct Block {
    text: Box<str>,
    slots: Vec<(usize, Slot)>,
    pub(crate) params: Vec<Param>,
}

#[derive(Debug, Clone, Copy)]
enum Slot {
    Schema(PlacementKind),
    Number,
}

/// A query with the tenant's number behind what it gives.
pub(crate) fn numbered(mut part: Shape) -> Vec<Shape> {
    part.also.push(Node::Constant(NUMBER));
    vec![part]
}

impl Block {
    /// Makes it of queries that give the same columns.
    pub(crate) fn of(parts: &[Shape], context: &Context) -> Result<Self> {
        let mut renderer = Renderer::with_slots(context);
        let mut whole = None;
        for part in parts {
            // Each has tables of its own.
            renderer.keys.clear();
            renderer.closed.clear();
            let select = renderer.outermost(part)?;
            whole = Some(match whole {
                None => select,
                Some(mut before) => {
                    SelectStatement::union(&mut before, UnionType::All, select).take()
                }
            });
        }
        let (text, params, _) = renderer.text(&whole.unwrap_or_default()).into_parts();
        Ok(Self::cut(&text, params))
    }

    fn cut(text: &str, params: Vec<Param>) -> Self {
        let slot = |c: char| match c {
            '\u{3}' => Some(Slot::Number),
            c => SLOTS
                .iter()
                .find(|(slot, _)| slot.starts_with(c))
                .map(|(_, placement)| Slot::Schema(*placement)),
        };
        let (mut whole, mut slots) = (String::with_capacity(text.len()), Vec::new());
        for c in text.chars() {
            match slot(c) {
                Some(slot) => slots.push((whole.len(), slot)),
                None => whole.push(c),
            }
        }
        Self {
            text: whole.into(),
            slots,
            params,
        }
    }

    /// The length of the text, without names of schemas.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Writes it for a tenant.
    pub(crate) fn write(
        &self,
        out: &mut String,
        tenant: &SchemaName,
        shared: &SchemaName,
        number: usize,
    ) {
        let mut from = 0;
        for (at, slot) in &self.slots {
            out.push_str(&self.text[from..*at]);
            match slot {
                Slot::Schema(PlacementKind::Tenant) => out.push_str(tenant.as_str()),
                Slot::Schema(PlacementKind::Shared) => out.push_str(shared.as_str()),
                Slot::Number => out.push_str(&number.to_string()),
            }
            from = *at;
        }
        out.push_str(&self.text[from..]);
    }
}

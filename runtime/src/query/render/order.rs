//! Digests by which the orders of queries are told apart.

use sea_query::Query as Sql;
use sha2::{Digest, Sha256};

use super::{Renderer, Row};
use crate::error::Result;
use crate::place::Context;
use crate::query::node::{OrderBy, Shape};

impl Shape {
    /// The digest of an order of its rows. It is the same in all places, processes and builds as long as the order is.
    pub(crate) fn order_digest(&self, order: &[OrderBy], context: &Context) -> Result<[u8; 32]> {
        let mut renderer = Renderer::with_slots(context);
        let mut select = Sql::select();
        select.from(renderer.table(self.model));
        renderer.know(&self.source, self.model.table);
        let row = Row::of(self.model.table, true);
        for by in order {
            renderer.order(&mut select, by, &row)?;
        }
        renderer.join(&mut select, &row);
        let (text, params, _) = renderer.text(&select).into_parts();
        let mut hash = Sha256::new();
        hash.update(text);
        for param in params {
            hash.update(param.ty().oid().to_be_bytes());
            let length = if param.is_null() {
                u64::MAX
            } else {
                param.bytes().len() as u64
            };
            hash.update(length.to_be_bytes());
            hash.update(param.bytes());
        }
        Ok(hash.finalize().into())
    }
}

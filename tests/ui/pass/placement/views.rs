//! Views that read what they can see, and references between views.

use tenantry::prelude::*;

#[shared_model]
pub struct Plan {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Note {
    #[field(key)]
    pub id: i64,
}

#[shared_view(sql = "SELECT p.id FROM {Plan} p JOIN \"{shared}\".prices AS r ON r.plan = p.id")]
pub struct Priced {
    #[field(key)]
    pub id: i64,
}

#[tenant_view(sql = "SELECT n.id, p.id AS plan FROM {Note} n, {Priced} p")]
pub struct Recent {
    #[field(key)]
    pub id: i64,
    pub plan: Fk<Priced>,
}

#[tenant_view(sql = "SELECT r.id AS of, r.id AS note FROM {Recent} r")]
pub struct Star {
    #[field(inverse = "stars")]
    pub of: Fk<Recent>,
    pub note: Fk<Note>,
}

fn main() {}

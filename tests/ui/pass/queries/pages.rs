//! Pages, by cursors and by numbers.

use tenantry::prelude::*;
use tenantry::query::{Cursor, count};

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub name: String,
}

mod groups_by_cursors {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        let groups = User::query().group_by(User::NAME).select(count());
        groups.page(1, 10).all(scope)?;
        Ok(())
    }
}

mod a_text_as_cursor {
    use super::*;

    pub fn run(scope: &mut TenantScope, cursor: &str) -> tenantry::Result<()> {
        User::query()
            .keyset(10)
            .after(&cursor.parse::<Cursor>()?)
            .all(scope)?;
        Ok(())
    }
}

mod a_cursor_that_is_given_away {
    use super::*;

    pub fn run(scope: &mut TenantScope, cursor: Cursor) -> tenantry::Result<()> {
        User::query().keyset(10).before(&cursor).all(scope)?;
        Ok(())
    }
}

mod pages_of_tenants_in_a_shared_scope {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().keyset(10).all(scope)?;
        Ok(())
    }
}

mod numbered_pages_of_tenants_in_a_shared_scope {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().page(1, 10).all(scope)?;
        Ok(())
    }
}

fn main() {}

//! Code of the page about shared catalogues.

#![allow(
    unreachable_pub,
    reason = "the page shows the models as an application has them"
)]

use tenantry::prelude::*;
use tenantry::query::Cursor;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

use crate::testing::key;

/// Fields of every template of a project.
#[derive(Embedded, Debug, Clone)]
pub struct Draft {
    #[field(max_length = 80)]
    pub title: String,
    pub days: i32,
    pub note: Option<String>,
}

/// A template that we offer to all workspaces.
#[shared_model]
pub struct CatalogTemplate {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 40)]
    pub code: String,
    #[field(embed, prefix = "")]
    pub draft: Draft,
}

/// A template of a workspace, perhaps in place of one of ours.
#[tenant_model]
pub struct Template {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 40)]
    pub code: String,
    #[field(embed, prefix = "")]
    pub draft: Draft,
    #[field(soft_delete)]
    pub deleted_at: Option<Timestamp>,
}

/// A template as the workspace sees it.
#[tenant_overlay(own = Template, shared = CatalogTemplate)]
#[derive(Debug)]
pub struct Offered {
    #[field(key)]
    pub code: String,
    #[field(embed, prefix = "")]
    pub draft: Draft,
    #[field(own)]
    pub is_own: bool,
}

/// A page of templates for the workspace.
fn page(acme: &mut TenantScope, after: Option<&Cursor>) -> tenantry::Result<Vec<String>> {
    let page = Offered::query()
        .filter(Offered::DAYS.le(30))
        .order_by(Offered::TITLE.asc())
        .keyset(20)
        .after(after)
        .all(acme)?;
    let lines = page.rows.iter().map(|offered| {
        let whose = if offered.is_own { "yours" } else { "ours" };
        format!("{} ({whose})", offered.draft.title)
    });
    Ok(lines.collect())
}

/// Makes one of our templates the workspace's own.
fn customise(acme: &mut TenantScope, code: &str, title: &str) -> tenantry::Result<()> {
    let offered = Offered::find(code).one(acme)?;
    let draft = Draft {
        title: title.to_owned(),
        ..offered.draft.clone()
    };
    Template::insert(NewTemplate::new(code, draft)).execute(acme)?;
    Ok(())
}

/// Goes back to ours.
fn take_back(acme: &mut TenantScope, code: &str) -> tenantry::Result<()> {
    Template::delete_where(Template::CODE.eq(code)).execute(acme)?;
    Ok(())
}

#[test]
fn a_workspace_sees_its_template_or_else_ours() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let chain = chain_of(&[CatalogTemplate::DEF, Template::DEF]);
    db.migrator(chain).run().unwrap();
    for (code, title, days) in [
        ("site", "Website", 20),
        ("shop", "Shop", 30),
        ("app", "App", 90),
    ] {
        let new = NewCatalogTemplate::new(code, NewDraft::new(title, days));
        CatalogTemplate::insert(new)
            .execute(&mut db.shared().unwrap())
            .unwrap();
    }
    db.tenants().create(&key("acme")).unwrap();
    let mut acme = db.tenant(&key("acme")).unwrap();
    let seen = |acme: &mut TenantScope| page(acme, None).unwrap();
    assert_eq!(seen(&mut acme), ["Shop (ours)", "Website (ours)"]);
    customise(&mut acme, "site", "A small website").unwrap();
    assert_eq!(seen(&mut acme), ["A small website (yours)", "Shop (ours)"]);
    take_back(&mut acme, "site").unwrap();
    assert_eq!(seen(&mut acme), ["Shop (ours)", "Website (ours)"]);
}

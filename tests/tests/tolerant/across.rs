//! Questions to tenants on both sides at once.

use tenantry::ErrorKind;
use tenantry::across::{SeesAllTenants, Why};
use tenantry::prelude::*;
use tenantry::query::count;

use crate::common::{ALL, Fleet, MIDDLE, NEW, NewNote, Note, OLD};

struct Staff;

impl SeesAllTenants for Staff {}

fn given() -> Fleet {
    let fleet = Fleet::new();
    for tenant in ALL {
        let mut scope = fleet.open(tenant);
        let new = NewNote::new(format!("of {tenant}"));
        let new = if tenant == MIDDLE {
            new.color("red").mark("x".to_owned())
        } else {
            new
        };
        Note::insert(new).execute(&mut scope).unwrap();
    }
    fleet
}

#[test]
fn rows_of_all_tenants_come_with_the_default_where_the_column_is_not() {
    let fleet = given();
    for at_once in [1, 100] {
        let mut all = fleet
            .db
            .across(&Staff)
            .unwrap()
            .tenants_per_statement(at_once);
        let mut notes = Note::query()
            .order_by(Note::TEXT.asc())
            .across(&mut all)
            .unwrap()
            .whole()
            .unwrap();
        assert_eq!(notes.len(), 3);
        notes.sort_by_key(|(tenant, _)| tenant.to_string());
        let read = notes
            .iter()
            .map(|(tenant, note)| (tenant.as_str(), &*note.color, note.mark.as_deref()));
        let expected = [
            (MIDDLE, "red", Some("x")),
            (OLD, "it's none", None),
            (NEW, "it's none", None),
        ];
        assert_eq!(read.collect::<Vec<_>>(), expected);
        let each = Note::query().by_tenant(&mut all).unwrap().whole().unwrap();
        assert_eq!(each.len(), 3);
        let counts = Note::query().select(count()).across(&mut all).unwrap();
        assert_eq!(counts.whole().unwrap(), [3]);
        let mut told = 0;
        let told_to = Note::query().for_each_tenant(&mut all, |_, _| {
            told += 1;
            Ok(())
        });
        assert_eq!((told_to.unwrap().tenants(), told), (3, 3));
    }
}

#[test]
fn who_lacks_a_column_that_is_named_is_left_out() {
    let fleet = given();
    for at_once in [1, 100] {
        let mut all = fleet
            .db
            .across(&Staff)
            .unwrap()
            .tenants_per_statement(at_once);
        let red = Note::query()
            .filter(Note::COLOR.eq("red"))
            .across(&mut all)
            .unwrap();
        assert_eq!(red.rows().len(), 1);
        let left_out = red.left_out();
        assert_eq!(left_out.len(), 1);
        assert_eq!(left_out[0].tenant().as_str(), OLD);
        assert_eq!(
            left_out[0].why(),
            Why::Behind {
                version: 1,
                reach: 3
            }
        );
        let error = left_out[0].error().unwrap();
        assert_eq!(error.kind(), ErrorKind::TenantVersion, "{error}");
        assert!(error.to_string().contains("since `0002_colors`"), "{error}");
        let counted = Note::query()
            .group_by(Note::COLOR)
            .select(count())
            .across(&mut all)
            .unwrap();
        assert_eq!((counted.rows().len(), counted.left_out().len()), (2, 1));
        let marked = Note::query()
            .filter(Note::MARK.is_not_null())
            .across(&mut all)
            .unwrap();
        assert_eq!((marked.rows().len(), marked.left_out().len()), (1, 1));
        assert_eq!(marked.left_out()[0].tenant().as_str(), NEW);
    }
}

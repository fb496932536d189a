//! Rows of tenants that lack columns, and queries that name these.

use tenantry::prelude::*;
use tenantry::query::Csv;

use crate::common::{Author, Fleet, MIDDLE, NEW, NewAuthor, NewNote, Note, OLD, assert_lacks};

/// A note with an author, of whom another note knows nothing.
fn write(scope: &mut TenantScope) {
    let ann = Author::insert(NewAuthor::new("Ann"))
        .returning(scope)
        .unwrap();
    assert_eq!(ann.style, "plain");
    Note::insert(NewNote::new("one").author(&ann))
        .execute(scope)
        .unwrap();
    let two = Note::insert(NewNote::new("two")).returning(scope).unwrap();
    assert_eq!(
        (&*two.color, two.place, &two.mark),
        ("it's none", None, &None)
    );
}

#[test]
fn rows_of_all_tenants_are_read_with_the_default_where_the_column_is_not() {
    let mut fleet = Fleet::new();
    for tenant in crate::common::ALL {
        let mut scope = fleet.open(tenant);
        write(&mut scope);
        let one = Note::query()
            .filter(Note::TEXT.eq("one"))
            .one(&mut scope)
            .unwrap();
        assert_eq!(
            (&*one.color, one.place, &one.mark),
            ("it's none", None, &None)
        );
        assert!(one.editor.is_none() && one.author.is_some());
        let found = Note::find(one.key()).one(&mut scope).unwrap();
        assert_eq!(found.color, one.color);
        assert!(Note::find(0).optional(&mut scope).unwrap().is_none());
        assert!(Note::find(&one).exists(&mut scope).unwrap());
        let all = Note::query()
            .order_by(Note::TEXT.desc())
            .limit(5)
            .all(&mut scope)
            .unwrap();
        let texts: Vec<&str> = all.iter().map(|note| &*note.text).collect();
        assert_eq!(texts, ["two", "one"]);
        assert_eq!(Note::query().count(&mut scope).unwrap(), 2);
        assert!(Note::query().exists(&mut scope).unwrap());
        let texts = Note::query().select((Note::TEXT, Note::ID));
        assert_eq!(texts.all(&mut scope).unwrap().len(), 2);
    }
    // What is there is read as it is.
    for (tenant, set, mark) in [
        (
            MIDDLE,
            "color = 'red', \"order\" = 3, mark = 'x'",
            Some("x"),
        ),
        (NEW, "color = 'red', \"order\" = 3", None),
    ] {
        let sql = format!("UPDATE {tenant:?}.notes SET {set} WHERE text = 'one'");
        fleet.client.batch_execute(&sql).unwrap();
        let mut scope = fleet.open(tenant);
        let red = Note::query()
            .filter(Note::COLOR.eq("red"))
            .one(&mut scope)
            .unwrap();
        assert_eq!((red.place, red.mark.as_deref()), (Some(3), mark));
        assert!(scope.has(Note::COLOR) && scope.has(Note::TEXT));
        assert_eq!(scope.has(Note::MARK), mark.is_some());
    }
    let old = fleet.open(OLD);
    assert!(!old.has(Note::COLOR) && old.has(Note::MARK) && old.has(Note::TEXT));
}

#[test]
fn one_query_is_asked_of_tenants_on_both_sides_in_turn() {
    let fleet = Fleet::new();
    for _ in 0..3 {
        for tenant in crate::common::ALL {
            let mut scope = fleet.open(tenant);
            let query = Note::query().filter(Note::TEXT.eq("none"));
            assert!(query.all(&mut scope).unwrap().is_empty());
            let sql = Note::query().to_sql(&scope).unwrap();
            assert_eq!(sql.contains("\"color\""), tenant != OLD, "{sql}");
            assert_eq!(sql.contains("\"mark\""), tenant != NEW, "{sql}");
        }
    }
}

#[test]
fn rows_that_are_joined_loaded_or_followed_are_read_so_too() {
    let fleet = Fleet::new();
    for tenant in crate::common::ALL {
        let mut scope = fleet.open(tenant);
        write(&mut scope);
        let joined = Note::query().join(Note::AUTHOR).order_by(Note::TEXT.asc());
        let joined = joined.all(&mut scope).unwrap();
        // No author, though one would have a style.
        let authors: Vec<_> = joined.iter().map(|(_, author)| author.as_ref()).collect();
        assert_eq!(authors[0].unwrap().style, "plain");
        assert!(authors[1].is_none());
        let loaded = Note::query().with(Note::AUTHOR).all(&mut scope).unwrap();
        assert_eq!(
            loaded.iter().filter(|(_, author)| author.is_some()).count(),
            1
        );
        let author = joined[0].0.author.as_ref().unwrap();
        assert_eq!(
            Author::find(*author).one(&mut scope).unwrap().style,
            "plain"
        );
        let by_ann = Note::query().filter(Note::AUTHOR.to(Author::NAME).eq("Ann"));
        assert_eq!(by_ann.one(&mut scope).unwrap().color, "it's none");
        let pages = Note::query().order_by(Note::TEXT.asc()).page(1, 1);
        assert_eq!(pages.all(&mut scope).unwrap().rows[0].text, "one");
        let mut seen = 0;
        Note::query()
            .for_each(&mut scope, |note| {
                assert_eq!(note.color, "it's none");
                seen += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, 2);
        let both = Note::query()
            .filter(Note::TEXT.eq("one"))
            .union(Note::query());
        assert_eq!(both.all(&mut scope).unwrap().len(), 2);
        let mut file = Vec::new();
        Note::query()
            .filter(Note::TEXT.eq("two"))
            .copy_out(Csv::new())
            .write_to(&mut scope, &mut file)
            .unwrap();
        let file = String::from_utf8(file).unwrap();
        assert_eq!(
            file,
            "id,text,color,order,author,mark,editor\n2,two,it's none,,,,\n"
        );
    }
}

#[test]
fn a_query_that_names_a_column_is_refused_where_that_is_not() {
    let fleet = Fleet::new();
    let lacking = [
        (OLD, "Note.color", "since `0002_colors`"),
        (NEW, "Note.mark", "until `0003_no_marks`"),
    ];
    for (tenant, field, migration) in lacking {
        let mut scope = fleet.open(tenant);
        let column = if tenant == OLD {
            Note::COLOR.eq("red")
        } else {
            Note::MARK.eq("red")
        };
        let query = || Note::query().filter(column.clone());
        let order = if tenant == OLD {
            Note::COLOR.asc()
        } else {
            Note::MARK.asc()
        };
        let selected = if tenant == OLD {
            Note::query().select(Note::COLOR).all(&mut scope).map(drop)
        } else {
            Note::query().select(Note::MARK).all(&mut scope).map(drop)
        };
        let errors = [
            query().all(&mut scope).map(drop),
            query().count(&mut scope).map(drop),
            query().exists(&mut scope).map(drop),
            query().first(&mut scope).map(drop),
            query().for_each(&mut scope, |_| Ok(())).map(drop),
            Note::query().order_by(order).all(&mut scope).map(drop),
            selected,
            Author::query()
                .filter(Author::ID.in_query(query().select(Note::ID)))
                .all(&mut scope)
                .map(drop),
        ];
        for error in errors {
            let error = error.unwrap_err();
            assert_lacks(&error, tenant, field, migration);
            assert!(error.to_string().contains("scope.has(Note::"), "{error}");
        }
        // The scope goes on.
        Note::query().all(&mut scope).unwrap();
    }
    let mut old = fleet.open(OLD);
    write(&mut old);
    // Who has edited a note is read as nobody, and there is nobody to load.
    let edited = Note::query().with(Note::EDITOR).all(&mut old).unwrap();
    assert!(edited.iter().all(|(_, editor)| editor.is_none()));
    for error in [
        Note::query().join(Note::EDITOR).all(&mut old).map(drop),
        Author::query().with(Author::EDITED).all(&mut old).map(drop),
        Note::query()
            .filter(Note::EDITOR.to(Author::NAME).eq("Ann"))
            .all(&mut old)
            .map(drop),
        Author::query()
            .filter(Author::EDITED.any(Note::TEXT.eq("one")))
            .all(&mut old)
            .map(drop),
    ] {
        assert_lacks(
            &error.unwrap_err(),
            OLD,
            "Note.editor",
            "since `0002_colors`",
        );
    }
    // In a transaction nothing was sent, so that it goes on.
    old.transaction(|tx| {
        Note::insert(NewNote::new("kept")).execute(tx)?;
        let error = Note::query()
            .filter(Note::COLOR.eq("red"))
            .all(tx)
            .unwrap_err();
        assert_lacks(&error, OLD, "Note.color", "since `0002_colors`");
        Ok(())
    })
    .unwrap();
    assert_eq!(Note::query().count(&mut old).unwrap(), 3);
}

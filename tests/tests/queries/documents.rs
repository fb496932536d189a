//! Conditions on JSON, arrays and words.

use serde_json::{Value, json};
use tenantry::prelude::*;
use tenantry_tests::tables::shared_table;

#[shared_model]
#[derive(Debug)]
struct Page {
    #[field(key)]
    id: i64,
    title: String,
    tags: Vec<String>,
    data: Json<Value>,
    more: Option<Json<Value>>,
}

#[test]
fn documents_arrays_and_words_are_looked_into() {
    let (_database, mut scope) = shared_table::<Page>();
    for (title, tags, data) in [
        (
            "Running dogs",
            vec!["a", "b"],
            json!({"size": 3, "of": {"x": "y"}}),
        ),
        (
            "A dog runs",
            vec!["b", "c"],
            json!({"size": null, "name": "it's"}),
        ),
    ] {
        let tags: Vec<String> = tags.into_iter().map(str::to_owned).collect();
        let page = NewPage::new(title, tags, Json(data));
        Page::insert(page).execute(&mut scope).unwrap();
    }
    let mut ids = |condition: tenantry::query::Expr<Page, bool>| {
        let query = Page::query().filter(condition).order_by(Page::ID.asc());
        query.select(Page::ID).all(&mut scope).unwrap()
    };
    assert_eq!(ids(Page::DATA.field_text("size").eq("3")), [1]);
    assert_eq!(ids(Page::DATA.field("of").field_text("x").eq("y")), [1]);
    assert_eq!(ids(Page::DATA.field_text("name").eq("it's")), [2]);
    assert_eq!(ids(Page::DATA.field_text("size").is_null()), [2]);
    assert_eq!(
        ids(Page::DATA.has_key("size") & !Page::DATA.has_key("of")),
        [2]
    );
    assert_eq!(ids(Page::DATA.includes(json!({"of": {"x": "y"}}))), [1]);
    assert_eq!(ids(Page::MORE.has_key("x").eq(false)), [1, 2]);
    let tags = |tags: &[&str]| tags.iter().map(|&tag| tag.to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(Page::TAGS.has_all(tags(&["b", "c"]))), [2]);
    assert_eq!(ids(Page::TAGS.has_any(tags(&["a", "x"]))), [1]);
    assert_eq!(ids(Page::TAGS.has_all(Page::TAGS)), [1, 2]);
    assert_eq!(ids(Page::TITLE.has_words("english", "run dog")), [1, 2]);
    assert_eq!(ids(Page::TITLE.has_words("simple", "runs")), [2]);
}

#[test]
fn words_are_read_by_no_configuration_of_others() {
    let (database, mut scope) = shared_table::<Page>();
    database
        .connect()
        .batch_execute(
            "CREATE SCHEMA other; CREATE TEXT SEARCH CONFIGURATION other.words (COPY = pg_catalog.simple); \
             CREATE TEXT SEARCH CONFIGURATION public.words (COPY = pg_catalog.simple)",
        )
        .unwrap();
    let page = NewPage::new("a", Vec::new(), Json(json!({})));
    Page::insert(page).execute(&mut scope).unwrap();
    for name in ["other.words", "words", "public.words", "\"; --"] {
        let query = Page::query().filter(Page::TITLE.has_words(name, "a"));
        let error = query.all(&mut scope).unwrap_err();
        assert_eq!(error.sqlstate(), Some("42704"), "{name}: {error}");
    }
}

use std::collections::HashSet;

use sea_query::BinOper;

use super::super::Asked;
use super::*;
use crate::model::{ColumnDef, ModelDef, Statements};
use crate::name::{SchemaName, TenantKey};
use crate::place::TenantPlace;
use crate::query::node::{Distinct, Node, Operand, OrderBy, Shape, Step};
use crate::value::SqlType;

static COLUMNS: [ColumnDef; 2] = [
    ColumnDef::new::<i64>("id", "id").key(),
    ColumnDef::new::<Option<i64>>("kind", "kind"),
];

const fn model(table: &'static str, placement: PlacementKind) -> ModelDef {
    ModelDef {
        name: table,
        module: "",
        placement,
        table,
        was: None,
        comment: None,
        columns: &COLUMNS,
        key: &[0],
        given: &[1],
        indexes: &[],
        checks: &[],
        foreign_keys: &[],
        as_strict_as: &[],
        is_tenant: false,
        view: None,
        overlay: None,
        statements: Statements::NONE,
    }
}

static KIND: ModelDef = model("kinds", PlacementKind::Shared);
static ITEM: ModelDef = model("items", PlacementKind::Tenant);

fn place(id: i64, schema: &str) -> Context {
    let tenant = TenantPlace {
        id,
        since: 0,
        key: TenantKey::new(schema).unwrap(),
        schema: SchemaName::new(schema).unwrap(),
        standing: Arc::default(),
    };
    let shared = SchemaName::new("shared").unwrap();
    Context::new(Arc::from("server"), shared, Some(tenant))
}

fn id() -> Node {
    Node::Column(&ITEM.columns[0])
}

fn value(number: i64) -> Node {
    Node::value(Operand::of(&number))
}

fn list(values: &[Option<i64>], negated: bool) -> Node {
    Node::In {
        of: Box::new(id()),
        sql: SqlType::BigInt,
        values: values.iter().map(Operand::of).collect(),
        negated,
    }
}

fn kind() -> Step {
    Step {
        from: &ITEM.columns[1],
        to: &KIND.columns[0],
        target: &KIND,
    }
}

fn filtered(node: Node) -> Shape {
    let mut shape = Shape::new(&ITEM);
    shape.filter(node);
    shape
}

fn equal(left: Node, right: Node) -> Node {
    Node::binary(left, BinOper::Equal, right)
}

fn limited(limit: Option<u64>, offset: Option<u64>) -> Shape {
    Shape {
        limit,
        offset,
        ..filtered(equal(id(), value(3)))
    }
}

fn ordered(node: Node, descending: bool, nulls_first: Option<bool>) -> Shape {
    let mut shape = Shape::new(&ITEM);
    shape.order.push(OrderBy {
        node,
        descending,
        nulls_first,
        nullable: false,
    });
    shape
}

/// Queries of which no two have the same text, with values that come from a number.
fn queries(n: i64) -> Vec<Shape> {
    let step = kind();
    let of_kind = Node::Column(&KIND.columns[0]);
    let condition = || equal(id(), value(n));
    let joined = Shape {
        joins: vec![step],
        ..filtered(condition())
    };
    let selected = Shape {
        selected: Some(vec![
            id(),
            Node::call("$1 + $2", vec![id(), value(n)]),
            Node::At(step, Box::new(of_kind.clone())),
        ]),
        ..Shape::new(&ITEM)
    };
    let within = Shape {
        selected: Some(vec![id()]),
        ..limited(Some(n.unsigned_abs()), None)
    };
    vec![
        Shape::new(&ITEM),
        Shape::new(&KIND),
        filtered(condition()),
        filtered(equal(value(n), id())),
        filtered(Node::binary(id(), BinOper::SmallerThan, value(n))),
        filtered(Node::binary(id(), BinOper::Custom("<<"), value(n))),
        filtered(Node::Not(Box::new(condition()))),
        filtered(Node::null(Node::call("abs($1)", vec![id()]), false)),
        filtered(Node::null(Node::call("abs($1)", vec![id()]), true)),
        filtered(Node::And(vec![condition(), equal(id(), value(n + 1))])),
        filtered(Node::Or(vec![condition(), equal(id(), value(n + 1))])),
        filtered(Node::And(vec![condition(), condition(), condition()])),
        filtered(list(&[], false)),
        filtered(list(&[Some(n), Some(n + 1)], true)),
        filtered(list(&[None, Some(n)], false)),
        filtered(list(&[Some(n), None], true)),
        filtered(list(&[None], false)),
        filtered(Node::Between(Box::new((id(), value(n), value(n + 9))))),
        filtered(Node::Has(Box::new((id(), value(n))))),
        filtered(Node::Constant("now() > '\u{3}'")),
        filtered(Node::call(format!("random() > {}", 1), Vec::new())),
        filtered(Node::call(format!("random() > {}", 2), Vec::new())),
        filtered(Node::Exists {
            step,
            condition: Box::new(equal(of_kind.clone(), value(n))),
        }),
        filtered(equal(Node::Among(step, Box::new(of_kind)), value(n))),
        filtered(Node::Query(Some("EXISTS"), Box::new(within.clone()))),
        filtered(equal(id(), Node::Query(None, Box::new(within.clone())))),
        filtered(Node::InQuery(Box::new(id()), Box::new(within))),
        limited(Some(n.unsigned_abs()), None),
        limited(None, Some(n.unsigned_abs())),
        limited(Some(2), Some(n.unsigned_abs())),
        ordered(id(), false, None),
        ordered(id(), true, None),
        ordered(id(), true, Some(true)),
        ordered(id(), true, Some(false)),
        ordered(Node::call("$1 % $2", vec![id(), value(n)]), false, None),
        joined,
        selected,
    ]
}

fn is_known(shape: &Shape, asked: Asked) -> bool {
    with_outline(|outline| {
        outline.query(shape, asked).is_ok() && TEMPLATES.of(&outline.parts).is_some()
    })
}

#[test]
fn a_text_is_made_once_for_all_values_and_places() {
    let places = [place(1, "acme"), place(2, "globex")];
    let mut texts = HashSet::new();
    for asked in [Asked::Rows, Asked::Count, Asked::Exists] {
        for (first, second) in queries(7).iter().zip(&queries(9)) {
            let made = first.text(asked, &places[0]).unwrap();
            assert_eq!(made, first.rendered(asked, &places[0]).unwrap());
            assert!(is_known(second, asked), "{}", made.0);
            let filled = second.text(asked, &places[1]).unwrap();
            assert_eq!(filled, second.rendered(asked, &places[1]).unwrap());
            assert_eq!(filled.0, made.0.replace("\"acme\"", "\"globex\""));
            // A count is of all rows, in whatever order and of whatever limit.
            if matches!(asked, Asked::Rows) {
                assert!(texts.insert(made.0.clone()), "{} is of two", made.0);
            }
        }
    }
}

#[test]
fn a_text_that_depends_on_values_is_made_each_time() {
    let acme = place(1, "acme");
    let twice = |n, m| Shape {
        selected: Some(vec![
            Node::call("$1 % $2", vec![id(), value(n)]),
            Node::call("$1 % $2", vec![id(), value(m)]),
        ]),
        keys: 1,
        ..Shape::new(&ITEM)
    };
    let of_arrays = |arrays: &[Vec<i64>]| {
        filtered(Node::In {
            of: Box::new(id()),
            sql: SqlType::Array(&SqlType::BigInt),
            values: arrays.iter().map(Operand::of).collect(),
            negated: false,
        })
    };
    let alike = Shape {
        distinct: Distinct::Yes,
        ..twice(2, 3)
    };
    let slotted = filtered(Node::Constant("'\u{1}' = '\u{2}'"));
    for shape in [
        twice(2, 2),
        twice(2, 3),
        alike,
        of_arrays(&[vec![1]]),
        of_arrays(&[vec![1], vec![2, 3]]),
        slotted,
    ] {
        for _ in 0..2 {
            let text = shape.text(Asked::Rows, &acme).unwrap();
            assert_eq!(text, shape.rendered(Asked::Rows, &acme).unwrap());
            assert!(!is_known(&shape, Asked::Rows), "{}", text.0);
        }
    }
}

#[test]
fn a_value_that_can_not_be_sent_is_told_of_a_known_text_too() {
    let acme = place(1, "acme");
    let named = |name: &str| filtered(equal(id(), Node::value(Operand::of(&name.to_owned()))));
    named("Ann").text(Asked::Rows, &acme).unwrap();
    assert!(is_known(&named("Bob"), Asked::Rows));
    let error = named("B\0b").text(Asked::Rows, &acme).unwrap_err();
    assert_eq!(error.kind(), crate::ErrorKind::Value);
}

#[test]
fn no_more_texts_are_kept_than_there_is_room_for() {
    let templates = Templates::default();
    let template = Template::cut("", &Outline::default(), &[]).unwrap();
    for n in 0..2 * MOST + 3 {
        templates.keep(&[Part::Number(n)], &template);
        assert!(templates.of(&[Part::Number(n)]).is_some());
        assert!(templates.0.read().unwrap().len() <= MOST);
    }
}

//! Models that are to be written, as the macros would define them: the first migration is made of these.

use super::draft::{Draft, DraftField, DraftForeignKey, DraftIndex, DraftOrigin};
use super::names::unraw;
use crate::model::{
    CheckDef, ColumnDef, ForeignKeyDef, IndexDef, IndexPart, ModelDef, Reference, Source,
    Statements,
};
use crate::value::FieldType;

/// Returns the definitions. They are never freed: a command makes them once.
pub(super) fn definitions(drafts: &[Draft]) -> Vec<&'static ModelDef> {
    drafts
        .iter()
        .map(|draft| &*leak(definition(draft)))
        .collect()
}

fn leak<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

fn text(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn definition(draft: &Draft) -> ModelDef {
    let columns: Vec<ColumnDef> = draft.fields.iter().map(column).collect();
    let indexes: Vec<IndexDef> = draft
        .indexes
        .iter()
        .map(|it| index(&draft.fields, it))
        .collect();
    let checks: Vec<CheckDef> = draft
        .checks
        .iter()
        .map(|it| CheckDef {
            name: Some(text(&it.name)),
            condition: text(&it.condition),
        })
        .collect();
    let foreign_keys: Vec<ForeignKeyDef> = draft
        .foreign_keys
        .iter()
        .map(|it| foreign_key(&draft.fields, it))
        .collect();
    let fields = draft.fields.iter().enumerate();
    let keys: Vec<usize> = fields
        .filter_map(|(at, it)| it.is_key.then_some(at))
        .collect();
    ModelDef {
        name: text(&draft.name),
        module: "",
        placement: draft.placement,
        is_tenant: false,
        table: text(&draft.table),
        was: None,
        comment: draft.comment.as_deref().map(text),
        columns: leak(columns),
        key: keys.leak(),
        given: &[],
        indexes: leak(indexes),
        checks: leak(checks),
        foreign_keys: leak(foreign_keys),
        as_strict_as: &[],
        view: None,
        overlay: None,
        // No statement of them is ever run.
        statements: Statements::NONE,
    }
}

fn column(field: &DraftField) -> ColumnDef {
    let references = field.references.as_ref().map(|it| Reference {
        model: text(&it.model),
        module: "",
        placement: it.placement,
        table: text(&it.table),
        column: text(&it.column),
        is_view: false,
        is_overlay: false,
    });
    let labels = field.labels.as_ref().map(|labels| {
        let labels: Vec<&'static str> = labels.iter().map(|it| text(it)).collect();
        &*labels.leak()
    });
    let facts = FieldType {
        sql: field.sql,
        nullable: field.nullable,
        labels,
        item_labels: None,
        null_items: false,
        last_second: None,
        range: None,
        references,
    };
    let mut column = ColumnDef::of(text(unraw(&field.name)), text(&field.column), facts)
        .on_delete(field.on_delete);
    column = match &field.origin {
        DraftOrigin::Given => column,
        DraftOrigin::Key => column.key(),
        DraftOrigin::Default { sql, .. } => column.source(Source::Default(text(sql))),
        DraftOrigin::Generated(sql) => column.source(Source::Generated(text(sql))),
    };
    if field.unique {
        column = column.unique();
    }
    if field.index {
        column = column.index();
    }
    match field.comment.as_deref() {
        Some(comment) => column.comment(text(comment)),
        None => column,
    }
}

fn foreign_key(fields: &[DraftField], key: &DraftForeignKey) -> ForeignKeyDef {
    let columns: Vec<&'static str> = key
        .fields
        .iter()
        .map(|at| text(&fields[*at].column))
        .collect();
    let of_key: Vec<&'static str> = key.key.iter().map(|it| text(it)).collect();
    ForeignKeyDef {
        name: key.name.as_deref().map(text),
        columns: columns.leak(),
        references: Reference {
            model: text(&key.model),
            module: "",
            placement: key.placement,
            table: text(&key.table),
            column: "",
            is_view: false,
            is_overlay: false,
        },
        key: of_key.leak(),
        on_delete: key.on_delete,
    }
}

fn index(fields: &[DraftField], index: &DraftIndex) -> IndexDef {
    let parts: Vec<IndexPart> = index
        .parts
        .iter()
        .map(|part| match part {
            Ok(at) => IndexPart::Column(text(&fields[*at].column)),
            Err(sql) => IndexPart::Expression(text(sql)),
        })
        .collect();
    IndexDef {
        name: index.name.as_deref().map(text),
        parts: parts.leak(),
        unique: index.unique,
        filter: index.filter.as_deref().map(text),
        method: index.method.as_deref().map(text),
        operators: index
            .operators
            .iter()
            .map(|it| text(it))
            .collect::<Vec<_>>()
            .leak(),
    }
}

//! Field names that there are not, and those that may be meant.

use crate::alike::most_alike;

/// Returns what serde says of the fields as it is said elsewhere: what is wrong, and what to do.
pub(super) fn explained(message: &str) -> String {
    let message = message.trim_end();
    if let Some(field) = message.strip_prefix("missing field ") {
        let name = field.trim_matches('`');
        return format!("the field {field} is missing\nhelp: add `{name} = ...` to the table");
    }
    let is_unknown = message.starts_with("unknown field ");
    let mut names = message.split('`').skip(1).step_by(2);
    let (Some(unknown), true) = (names.next(), is_unknown) else {
        return message.to_owned();
    };
    let fields: Vec<&str> = names.collect();
    let help = match most_alike(unknown, fields.iter().copied()) {
        Some(field) => format!("did you mean `{field}`?"),
        None => format!("the fields are `{}`", fields.join("`, `")),
    };
    format!("there is no field `{unknown}`\nhelp: {help}")
}

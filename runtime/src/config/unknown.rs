//! Field names that there are not, and those that may be meant.

/// How alike two names have to be for one to be taken for the other, from 0 to 1.
const ALIKE: f64 = 0.8;

/// What serde says of the fields, as it is said elsewhere: what is wrong, and what to do.
pub(super) fn explained(message: &str) -> String {
    let message = message.trim_end();
    let is_unknown = message.starts_with("unknown field ");
    let mut names = message.split('`').skip(1).step_by(2);
    let (Some(unknown), true) = (names.next(), is_unknown) else {
        return message.to_owned();
    };
    let fields: Vec<&str> = names.collect();
    let alike = |field: &&&str| strsim::jaro_winkler(unknown, field) >= ALIKE;
    let best = fields.iter().filter(alike).max_by(|one, other| {
        strsim::jaro_winkler(unknown, one).total_cmp(&strsim::jaro_winkler(unknown, other))
    });
    let help = match best {
        Some(field) => format!("did you mean `{field}`?"),
        None => format!("the fields are `{}`", fields.join("`, `")),
    };
    format!("there is no field `{unknown}`\nhelp: {help}")
}

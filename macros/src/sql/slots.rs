//! The slots of a statement: `{Customer}` and `{Customer.email}`.

/// Stands for a slot in the text while it is looked at.
pub(crate) const SLOT: char = '\u{1}';

/// A statement with [`SLOT`] where a slot was, and what stood in the slots, in order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Slotted {
    pub(crate) text: String,
    pub(crate) slots: Vec<String>,
}

/// Takes the slots out of a statement. A doubled brace is a brace, as in `format!`.
pub(crate) fn take_out(statement: &str) -> Result<Slotted, &'static str> {
    let mut text = String::with_capacity(statement.len());
    let mut slots = Vec::new();
    let mut rest = statement.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '{' if rest.next_if_eq(&'{').is_some() => text.push('{'),
            '}' if rest.next_if_eq(&'}').is_some() => text.push('}'),
            '{' => {
                let mut slot = String::new();
                loop {
                    match rest.next() {
                        Some('}') => break,
                        Some('{') | None => {
                            return Err(
                                "a `{` is not closed\nhelp: write `{Model}` or `{Model.field}`, or `{{` for a brace",
                            );
                        }
                        Some(inner) => slot.push(inner),
                    }
                }
                slots.push(slot.trim().to_owned());
                text.push(SLOT);
            }
            '}' => return Err("a `}` closes nothing\nhelp: write `}}` for a brace"),
            SLOT => return Err("the statement has a control character\nhelp: remove it"),
            other => text.push(other),
        }
    }
    Ok(Slotted { text, slots })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_taken_out_and_doubled_braces_are_braces() {
        let slotted = take_out("SELECT '{{}}' FROM {A} WHERE { A.id } = $1").unwrap();
        assert_eq!(slotted.text, "SELECT '{}' FROM \u{1} WHERE \u{1} = $1");
        assert_eq!(slotted.slots, ["A", "A.id"]);
    }

    #[test]
    fn single_braces_are_refused() {
        for statement in ["SELECT {", "SELECT {A", "SELECT }", "{A{B}}"] {
            assert!(take_out(statement).is_err(), "{statement}");
        }
    }
}

//! Constraints and indexes of a column that is two columns for a while.
//!
//! Those that both versions ask for alike are on both columns. The others are as they would be on one: a row satisfies either of two checks,
//! and what is unique, or leads somewhere, is as the version from before has it, whose column the next version's values are carried to.

use crate::migrate::make::phase::leads_on;
use crate::migrate::make::split::{Named, PartOf, either, exchanges, name_one, parts};
use crate::structure::{Change, Namespace, Pair, Table, next_name};

/// The changes to constraints and indexes of the pairs of a table.
#[derive(Default)]
pub(super) struct Constraints {
    /// Make on the second columns what is on the first.
    pub(super) made: Vec<Change>,
    /// Take away what stands for the version from before only, and have a row satisfy either of two checks.
    pub(super) exchanged: Vec<Change>,
    /// Take away the checks of which a row has satisfied either.
    pub(super) given_up: Vec<Change>,
    /// Make on the second columns what is unique in another way, while there still is what was before.
    pub(super) unique: Vec<Change>,
    /// Drop what is on the first columns.
    pub(super) dropped: Vec<Change>,
    /// Make the checks and foreign keys that come in the place of others.
    pub(super) next: Vec<Change>,
    /// Make what only the next version asks for.
    pub(super) added: Vec<Change>,
    /// Give the names to what had others meanwhile.
    pub(super) renamed: Vec<Change>,
    /// Is gone before the contract, or has become another check.
    pub(super) done: Vec<PartOf>,
}

impl Constraints {
    /// Plans those of a table, whose pairs are given with the names that their columns have in the end.
    pub(super) fn of(
        (name, namespace): (&str, &Namespace),
        (old, new): (&Table, &Table),
        pairs: &[(&Pair, &str)],
    ) -> Self {
        let (mut between, mut carried) = (new.clone(), old.clone());
        for (pair, name) in pairs {
            between.rename_column(name, &pair.latter.name);
            carried.rename_column(&pair.former.name, &pair.latter.name);
        }
        let latter: Vec<&str> = pairs.iter().map(|it| it.0.latter.name.as_str()).collect();
        let former: Vec<&str> = pairs.iter().map(|it| it.0.former.name.as_str()).collect();
        let columns: Vec<&str> = between.columns.iter().map(|it| it.name.as_str()).collect();
        let [carried, between, finals] = [&carried, &between, new].map(parts);
        let taken: Vec<&str> = namespace
            .tables
            .iter()
            .flat_map(|(name, table)| table.relation_names(name))
            .chain(old.checks.keys().map(String::as_str))
            .chain(old.foreign_keys.keys().map(String::as_str))
            .collect();
        let free = |part: &PartOf| {
            if taken.contains(&part.name()) {
                next_name(name, part.name())
            } else {
                part.name().to_owned()
            }
        };
        let next: Vec<&PartOf> = between.iter().filter(|it| name_one(it, &latter)).collect();
        let (both, added): (Vec<&PartOf>, Vec<&PartOf>) = next
            .into_iter()
            .partition(|it| carried.iter().any(|other| other.is_like(it)));
        let of_former = parts(old).into_iter();
        let of_former = of_former.filter(|it| name_one(it, &former)).map(|part| {
            let carried = carried.iter().find(|it| it.is_named_as(&part)).cloned();
            FormerPart {
                is_alike: carried
                    .as_ref()
                    .is_some_and(|mine| between.iter().any(|other| other.is_like(mine))),
                carried: carried.unwrap_or_else(|| part.clone()),
                part,
            }
        });
        let first: Vec<FormerPart> = of_former.collect();
        let given_up = first.iter().filter(|it| !it.is_alike);
        let given_up = given_up.filter_map(|it| check(&it.carried)).collect();
        let next = added.iter().copied().filter_map(check).collect();
        let exchanged = exchanges((given_up, next), &columns);
        let mut plan = Self::default();
        for part in both {
            let name = plan.named_freely(part, free(part));
            plan.made.push(part.added(&name));
        }
        for former in &first {
            let mut exchanged = exchanged.iter();
            let is_it = |it: &&(Named<'_>, Named<'_>)| it.0.0 == former.part.name();
            plan.former(former, exchanged.find(is_it).map(|it| it.1), &added, free);
        }
        let is_unique_before = first.iter().any(|it| is_unique(&it.part));
        for part in added {
            let is_it = |other: &&PartOf| other.is_named_as(part);
            if is_unique_before && is_unique(part) {
                let name = plan.named_freely(part, free(part));
                plan.unique.push(part.added(&name));
            } else if let Some(last) = finals.iter().find(is_it) {
                let is_next = exchanged.iter().any(|it| check(part) == Some(it.1));
                let is_led = first.iter().any(|it| is_led_on(&it.carried, &[part]));
                let list = if is_next || is_led {
                    &mut plan.next
                } else {
                    &mut plan.added
                };
                list.push(last.added(last.name()));
            }
        }
        plan
    }

    /// Plans what is on the first columns.
    fn former(
        &mut self,
        former: &FormerPart,
        next: Option<Named<'_>>,
        added: &[&PartOf],
        free: impl Fn(&PartOf) -> String,
    ) {
        let part = &former.part;
        let is_over = match part {
            _ if former.is_alike => false,
            PartOf::Check(..) => true,
            PartOf::ForeignKey(..) => !is_led_on(&former.carried, added),
            PartOf::Unique(..) | PartOf::Index(..) => false,
        };
        if !is_over {
            self.dropped.push(part.dropped());
            return;
        }
        self.exchanged.push(part.dropped());
        self.done.push(part.clone());
        if let (PartOf::Check(name, check), Some((own, next))) = (part, next) {
            let stands = |name: String| PartOf::Check(name, either(check, next));
            let mut between = stands(own.to_owned());
            if name != own {
                between = stands(free(&between));
            }
            self.exchanged.push(between.added(between.name()));
            self.given_up.push(between.dropped());
        }
    }

    /// Returns the name that a part has until the end of the contract.
    fn named_freely(&mut self, part: &PartOf, name: String) -> String {
        if name != part.name() {
            self.renamed.push(part.renamed(&name));
        }
        name
    }
}

/// A constraint or an index of the first columns.
struct FormerPart {
    part: PartOf,
    /// The same with the names of the second columns.
    carried: PartOf,
    /// Whether the next version asks for it, too.
    is_alike: bool,
}

fn check(part: &PartOf) -> Option<Named<'_>> {
    match part {
        PartOf::Check(name, check) => Some((name, check)),
        _ => None,
    }
}

fn is_unique(part: &PartOf) -> bool {
    match part {
        PartOf::Unique(..) => true,
        PartOf::Index(_, index) => index.unique || index.excludes(),
        PartOf::Check(..) | PartOf::ForeignKey(..) => false,
    }
}

/// Whether a foreign key is one of those that are made in the place of another.
fn is_led_on(before: &PartOf, added: &[&PartOf]) -> bool {
    let PartOf::ForeignKey(name, key) = before else {
        return false;
    };
    let mut added = added.iter();
    added.any(|part| leads_on((name, key), &part.added(part.name())))
}

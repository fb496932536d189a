//! Stages and steps of chains.

use super::*;
use crate::migrate::report::WaitsFor;

/// `s` has a shared part, `t` a tenant part, `b` both; `c` has a tenant part, and takes something away.
fn chain(parts: &str) -> Chain {
    let mut files = Vec::new();
    for (number, part) in (1..).zip(parts.chars()) {
        let id = format!("{number:04}_{part}");
        let phase = if part == 'c' { "contract" } else { "expand" };
        files.push((
            format!("{id}/migration.toml"),
            format!("format = 1\nid = \"{id}\"\nphase = \"{phase}\""),
        ));
        if !"tc".contains(part) {
            files.push((format!("{id}/shared.up.sql"), "SELECT 1".to_owned()));
        }
        if part != 's' {
            files.push((format!("{id}/tenant.up.sql"), "SELECT 1".to_owned()));
        }
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(p, t)| (p.as_str(), t.as_str()))
        .collect();
    Chain::from_files(&files).unwrap()
}

fn at(key: &str, version: i32) -> Standing {
    Standing {
        key: TenantKey::new(key).unwrap(),
        version,
        selected: true,
        is_active: true,
        place: 0,
        schema: SchemaName::new("some").unwrap(),
        step: 0,
    }
}

fn shown(steps: &[Step]) -> Vec<String> {
    let group = |group: &Group| {
        let tenants: Vec<&str> = group.tenants.iter().map(TenantKey::as_str).collect();
        format!("{}: {}", tenants.join(" "), group.migrations.join(" "))
    };
    steps
        .iter()
        .map(|step| match step {
            Step::Shared { migration } => format!("shared: {migration}"),
            Step::Tenants { groups, .. } => groups.iter().map(group).collect::<Vec<_>>().join("; "),
        })
        .collect()
}

#[test]
fn shared_parts_are_barriers_between_the_parts_of_tenants() {
    let chain = chain("bttsbt");
    let (steps, blocked) = steps(
        &chain,
        (0, 0),
        vec![at("a", 0), at("b", 0)],
        6,
        &Rollout::default(),
    );
    assert_eq!(
        shown(&steps),
        [
            "shared: 0001_b",
            "a b: 0001_b 0002_t 0003_t",
            "shared: 0004_s",
            "shared: 0005_b",
            "a b: 0005_b 0006_t",
        ]
    );
    assert_eq!(blocked, None);
}

#[test]
fn a_run_of_tenant_parts_spans_shared_parts_that_are_applied() {
    let chain = chain("tsts");
    let (steps, _) = steps(
        &chain,
        (4, 4),
        vec![at("a", 0), at("b", 1), at("c", 3)],
        4,
        &Rollout::default(),
    );
    assert_eq!(shown(&steps), ["a: 0001_t 0003_t; b: 0003_t"]);
}

#[test]
fn a_barrier_is_not_crossed_while_somebody_is_behind() {
    let chain = chain("tst");
    let mut other = at("b", 0);
    other.selected = false;
    let (steps, blocked) = steps(
        &chain,
        (0, 0),
        vec![at("a", 0), other],
        3,
        &Rollout::default(),
    );
    assert_eq!(shown(&steps), ["a: 0001_t"]);
    assert_eq!(blocked.unwrap().migration, "0002_s");
}

#[test]
fn a_target_ends_the_plan() {
    let chain = chain("tsts");
    let (steps, _) = steps(&chain, (0, 0), vec![at("a", 0)], 2, &Rollout::default());
    assert_eq!(shown(&steps), ["a: 0001_t", "shared: 0002_s"]);
}

#[test]
fn a_database_at_the_end_has_nothing_to_do() {
    let chain = chain("bts");
    let (steps, blocked) = steps(&chain, (3, 3), vec![at("a", 2)], 3, &Rollout::default());
    assert_eq!((steps, blocked), (Vec::new(), None));
}

#[test]
fn what_takes_away_waits_for_all_who_are_active() {
    let chain = chain("tctc");
    let all = |tenants| steps(&chain, (0, 0), tenants, 4, &Rollout::default());
    let (steps, blocked) = all(vec![at("a", 0), at("b", 1)]);
    assert_eq!(
        shown(&steps),
        ["a: 0001_t", "a b: 0002_c 0003_t", "a b: 0004_c"]
    );
    assert_eq!(blocked, None);
    let mut other = at("b", 0);
    other.selected = false;
    let (steps, blocked) = all(vec![at("a", 0), other.clone()]);
    assert_eq!(shown(&steps), ["a: 0001_t"]);
    let blocked = blocked.unwrap();
    assert_eq!(blocked.migration, "0002_c");
    assert_eq!(blocked.waits_for, WaitsFor::ActiveTenants);
    other.is_active = false;
    let (steps, blocked) = all(vec![at("a", 0), other]);
    assert_eq!(
        shown(&steps),
        ["a: 0001_t", "a: 0002_c 0003_t", "a: 0004_c"]
    );
    assert_eq!(blocked, None);
}

#[test]
fn what_new_tenants_are_made_with_holds_nobody_up() {
    let chain = chain("tctc");
    let tenants = vec![at("a", 0), at("b", 3)];
    let (steps, _) = steps(&chain, (0, 3), tenants, 4, &Rollout::default());
    assert_eq!(shown(&steps), ["a: 0001_t 0002_c 0003_t", "a b: 0004_c"]);
}

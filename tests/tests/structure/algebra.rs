//! Laws that hold without a server.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use tenantry::model::PlacementKind;
use tenantry::structure::{Change, Op, State, apply, diff, reverse};
use tenantry_tests::random;

use crate::generate::state;

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        rng_seed: RngSeed::Fixed(random::seed()),
        ..ProptestConfig::default()
    })]

    #[test]
    fn applying_a_difference_leads_to_the_other_state(a in state(), b in state()) {
        let ops = diff(&a, &b);
        prop_assert_eq!(&apply(&a, &ops).unwrap(), &b);
        prop_assert_eq!(&apply(&b, &reverse(&ops)).unwrap(), &a);
    }

    #[test]
    fn a_state_does_not_differ_from_itself(a in state()) {
        prop_assert_eq!(diff(&a, &a), []);
    }

    #[test]
    fn states_survive_being_written(a in state()) {
        let text = a.to_json();
        let read = State::from_json(&text).unwrap();
        prop_assert_eq!(&read, &a);
        prop_assert_eq!(read.to_json(), text);
    }

    #[test]
    fn operations_survive_being_written(a in state(), b in state()) {
        for op in diff(&a, &b) {
            let json = serde_json::to_string(&op).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Op>(&json).unwrap(), &op);
            let toml = toml::to_string(&op).unwrap();
            prop_assert_eq!(&toml::from_str::<Op>(&toml).unwrap(), &op);
        }
    }

    /// Foreign keys of tenants that are in the way go first; what they hold on to goes last.
    #[test]
    fn one_barrier_between_shared_and_tenant_operations_is_enough(a in state(), b in state()) {
        let ops = diff(&a, &b);
        let placements: Vec<PlacementKind> = ops
            .iter()
            .filter(|op| match op.placement() {
                PlacementKind::Shared => !op.change.loses_data(),
                PlacementKind::Tenant => !matches!(op.change, Change::DropForeignKey { .. }),
            })
            .map(Op::placement)
            .collect();
        prop_assert!(placements.is_sorted(), "{:#?}", ops);
    }
}

use super::*;
use crate::exec::PreparedStatements;
use crate::exec::held::Served;
use crate::name::{SchemaName, TenantKey};
use crate::place::TenantPlace;

fn kept(max_connections: usize, max_tables: usize) -> Kept<u8> {
    idling(max_connections, max_tables, Duration::MAX)
}

fn idling(max_connections: usize, max_tables: usize, idle_timeout: Duration) -> Kept<u8> {
    Kept::new(PoolOptions {
        max_connections,
        max_tables_per_connection: max_tables,
        wait: Duration::ZERO,
        statement_timeout: None,
        idle_timeout,
        max_lifetime: None,
        prepared_statements: PreparedStatements::Unnamed,
    })
}

/// Lends for a tenant, and opens the connection of that number if there has to be one.
#[expect(clippy::unnecessary_box_returns, reason = "so it is lent")]
fn lend(kept: &Kept<u8>, tenant: i64, number: u8) -> Box<Member<u8>> {
    let mut member = match kept.take(Some(tenant)).expect("there is one, or room") {
        Lendable::Idle(idle) => idle.member,
        Lendable::Room => kept.member(number),
    };
    member.held.serves(tenant);
    member
}

fn stays(fate: &Returned<u8>) -> bool {
    matches!(fate, Returned::Stays)
}

#[test]
fn a_tenant_gets_the_connection_that_has_served_it_and_a_stranger_the_last_with_room() {
    let kept = kept(3, 4);
    let loans = [1, 2, 3].map(|number| lend(&kept, i64::from(number), number));
    for member in loans {
        assert!(stays(&kept.keep(member)));
    }
    for tenant in [2, 1, 3, 1, 2] {
        let member = lend(&kept, tenant, 9);
        assert_eq!(i64::from(member.connection), tenant);
        assert!(stays(&kept.keep(member)));
    }
    // The one of 2 was last; it has room for one more tenant until its successor is due.
    let stranger = lend(&kept, 4, 9);
    assert_eq!(stranger.connection, 2);
    assert!(stays(&kept.keep(stranger)));
    let mut stranger = lend(&kept, 5, 9);
    assert_eq!(stranger.connection, 2);
    stranger.held.serves(5);
    let Returned::Renews(renewal) = kept.keep(stranger) else {
        panic!("it holds three of four")
    };
    let other = lend(&kept, 6, 9);
    assert_eq!(other.connection, 1, "the last that is not full");
    assert!(stays(&kept.keep(other)));
    assert_eq!(
        lend(&kept, 4, 9).connection,
        2,
        "until its successor is there"
    );
    assert_eq!(kept.status().open, 3);
    drop(renewal);
}

#[test]
fn a_successor_takes_the_place_of_one_that_is_idle_or_comes_back() {
    for is_idle in [true, false] {
        let kept = kept(1, 2);
        let Returned::Renews(renewal) = kept.keep(lend(&kept, 1, 1)) else {
            panic!("it holds one of two")
        };
        let successor = kept.member(2);
        if is_idle {
            let old = kept.succeed(&renewal, successor).expect("it was idle");
            assert_eq!((old.connection, kept.status().open), (1, 2));
            kept.forget();
        } else {
            let old = lend(&kept, 1, 9);
            assert_eq!(old.connection, 1);
            assert!(kept.succeed(&renewal, successor).is_none());
            assert_eq!(kept.status().open, 2);
            assert!(matches!(kept.keep(old), Returned::Ends(_)));
            kept.forget();
        }
        let status = kept.status();
        assert_eq!((status.open, status.idle), (1, 1));
        assert_eq!((status.opened, status.renewed), (2, 1));
        assert_eq!(lend(&kept, 1, 9).connection, 2);
    }
}

#[test]
fn a_successor_of_one_that_is_gone_stays_if_there_is_room() {
    for has_room in [true, false] {
        let kept = kept(1, 2);
        let Returned::Renews(renewal) = kept.keep(lend(&kept, 1, 1)) else {
            panic!("it holds one of two")
        };
        kept.close(|_| true);
        let other = (!has_room).then(|| lend(&kept, 2, 3));
        let left = kept.succeed(&renewal, kept.member(2));
        assert_eq!(left.is_none(), has_room);
        if left.is_some() {
            kept.forget();
        }
        assert_eq!(kept.status().open, 1);
        drop(other);
    }
}

#[test]
fn one_successor_is_opened_at_a_time_and_a_connection_that_is_full_goes_without() {
    let kept = kept(2, 2);
    let [first, second] = [lend(&kept, 1, 1), lend(&kept, 2, 2)];
    let Returned::Renews(renewal) = kept.keep(first) else {
        panic!("it holds one of two")
    };
    assert!(stays(&kept.keep(second)), "another is under way");
    drop(renewal);
    // It was not opened. The first is not tried again so soon, the second is.
    assert!(stays(&kept.keep(lend(&kept, 1, 9))));
    assert!(matches!(kept.keep(lend(&kept, 2, 9)), Returned::Renews(_)));
    let mut full = lend(&kept, 1, 9);
    full.held.serves(3);
    assert!(matches!(kept.keep(full), Returned::Ends(_)));
}

#[test]
fn a_connection_that_nobody_needs_goes_without_a_successor() {
    let kept = idling(2, 3, Duration::ZERO);
    let loans = [lend(&kept, 1, 1), lend(&kept, 2, 2)];
    for mut member in loans {
        let tenant = i64::from(member.connection);
        member.held.touches(&served(tenant), "\"acme\".\"notes\"");
        // While both were on loan none was to spare: from now on that counts.
        assert!(matches!(
            kept.keep(member),
            Returned::Renews(_) | Returned::Stays
        ));
    }
    let one = lend(&kept, 1, 9);
    assert!(
        matches!(kept.keep(one), Returned::Ends(_)),
        "the other was idle"
    );
    kept.forget();
    assert!(
        !matches!(kept.keep(lend(&kept, 2, 9)), Returned::Ends(_)),
        "it is the last"
    );
}

fn served(id: i64) -> Served {
    Served::new(&TenantPlace {
        id,
        since: 0,
        key: TenantKey::new("acme").expect("a key"),
        schema: SchemaName::new("acme").expect("a name"),
        standing: Arc::default(),
    })
}

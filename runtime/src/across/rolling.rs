//! The way of a roll-up through the tenants: who has changed, and each in a transaction of its own.

use std::collections::BTreeMap;

use super::ask::Ask;
use super::asking::{Asking, looked_into, number, why};
use super::fleet::Fleet;
use super::gathered::{LeftOut, Why};
use super::queries::asked;
use super::rolled::RolledUp;
use super::rollup_plan::{RollupChanges, RollupPlan};
use crate::bookkeeping::told;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::Session;
use crate::exec::{Access, Begin, Command, Connection, Flow, Isolation, Statement};
use crate::name::{TenantKey, quote_identifier};
use crate::place::Context;
use crate::query::{MICROSECONDS, last_moment};
use crate::tenant::{Tenant, TenantState};
use crate::value::Param;

/// The kind of the advisory locks of roll-ups: of each tenant, one run makes the rows at a time.
const LOCKS: i32 = 0x726f_6c6c;

/// How many tenants may have failed one after another, before anything was done, until the run has.
const FAILURES: usize = 3;

/// A tenant's rows, as they are before a run.
struct MadeRows {
    state: Option<TenantState>,
    /// When the oldest of them was made, in microseconds.
    as_of: Option<i64>,
    /// When the tenant was last changed in the registry, in microseconds.
    renewed: Option<i64>,
}

/// A run on its way.
struct Rolling {
    plan: RollupPlan,
    context: Context,
    begin: Begin,
    /// The tenants that are still to be done, the next last.
    todo: Vec<Tenant>,
    /// The keys that rows are still to be removed of, the next last.
    gone: Vec<TenantKey>,
    done: RolledUp,
}

impl RollupPlan {
    /// The whole of a run. `is_all`: whether tenants have changed or not.
    pub(super) fn flow<'f, C: Connection>(
        &self,
        fleet: &Fleet<C>,
        is_all: bool,
    ) -> Flow<'f, RolledUp> {
        match self.checked() {
            Ok(()) => rolled_up(self.clone(), fleet, is_all).and_on(Flow::Done),
            Err(error) => Flow::Done(Err(error.in_model(self.target, "rollup"))),
        }
    }

    /// Runs it.
    #[cfg(feature = "cli")]
    pub(crate) fn run<'f, C: Connection>(
        &self,
        fleet: &'f mut Fleet<C>,
        is_all: bool,
    ) -> C::Outcome<'f, RolledUp> {
        let flow = self.flow(fleet, is_all);
        fleet.drive(flow)
    }
}

/// Rolls up the tenants of a fleet.
fn rolled_up<C: Connection>(
    plan: RollupPlan,
    fleet: &Fleet<C>,
    is_all: bool,
) -> Flow<'static, RolledUp> {
    let context = fleet.context().clone();
    let begin = Begin {
        isolation: Some(Isolation::ReadCommitted),
        access: Some(Access::ReadWrite),
        lock_timeout: Some(fleet.lock_timeout),
        ..Begin::default()
    };
    let changes = plan.changes.filter(|_| !is_all);
    let tenants = match changes {
        Some(changes) => last_moments(&plan, changes, fleet),
        None => fleet.chosen().and_on(|chosen| {
            Flow::Done(chosen.map(|(tenants, left_out)| {
                let tenants = tenants.into_iter().map(|tenant| (tenant, None));
                (tenants.collect(), left_out)
            }))
        }),
    };
    tenants.and_on(move |tenants| {
        let (tenants, left_out) = match tenants {
            Ok(tenants) => tenants,
            Err(error) => return Flow::Done(Err(error)),
        };
        made(&plan, &context).and_on(move |made| match made {
            Ok(made) => {
                let done = RolledUp {
                    left_out,
                    ..RolledUp::default()
                };
                let mut run = Rolling {
                    plan,
                    context,
                    begin,
                    todo: Vec::new(),
                    gone: Vec::new(),
                    done,
                };
                run.sort_out(tenants, made, changes);
                run.next()
            }
            Err(error) => Flow::Done(Err(error)),
        })
    })
}

/// Tenants, each with its last change in microseconds.
type Moments = (Vec<(Tenant, Option<i64>)>, Vec<LeftOut>);

/// Asks the tenants when they were changed.
fn last_moments<C: Connection>(
    plan: &RollupPlan,
    changes: RollupChanges,
    fleet: &Fleet<C>,
) -> Flow<'static, Moments> {
    let last = last_moment(plan.source, changes.changed);
    let ask = Ask::each_tenant(last, false, fleet.context());
    asked(ask, fleet, None).and_on(|asked: Result<Asking<'_>>| {
        Flow::Done(asked.and_then(|asked| {
            let mut tenants = Vec::with_capacity(asked.rows.len());
            for row in &asked.rows {
                if let Some(tenant) = asked.tenants.get(number(row)) {
                    tenants.push((tenant.clone(), row.try_get(0)?));
                }
            }
            Ok((tenants, asked.left_out))
        }))
    })
}

/// Looks up whose rows there are.
fn made(plan: &RollupPlan, context: &Context) -> Flow<'static, BTreeMap<String, MadeRows>> {
    let moment = |sql: &str| MICROSECONDS.replace("$1", sql);
    let (as_of, renewed, own) = match plan.changes {
        Some(changes) => (
            moment("m.a"),
            moment("t.changed_at"),
            format!("pg_catalog.min({})", quote_identifier(changes.as_of.name)),
        ),
        None => (
            "CAST(NULL AS pg_catalog.int8)".to_owned(),
            "CAST(NULL AS pg_catalog.int8)".to_owned(),
            "NULL".to_owned(),
        ),
    };
    let sql = format!(
        "SELECT CAST(m.k AS pg_catalog.text), t.state, {as_of}, {renewed} FROM (SELECT {} AS k, {own} AS a FROM {}.{} GROUP BY 1) AS m \
         LEFT JOIN tenantry.tenant AS t ON t.key = m.k AND t.state <> 'standby'",
        quote_identifier(plan.tenant.name),
        quote_identifier(context.shared().as_str()),
        quote_identifier(plan.target.table),
    );
    let look = Statement {
        model: Some(plan.target),
        ..Statement::look("rollup", sql, Vec::new())
    };
    told(Flow::run(Ok(look), |answer| {
        let rows = answer.rows();
        let rows = rows.iter().map(|row| {
            let state: Option<&str> = row.try_get(1)?;
            let made = MadeRows {
                state: state.map(str::parse).transpose()?,
                as_of: row.try_get(2)?,
                renewed: row.try_get(3)?,
            };
            Ok((row.try_get(0)?, made))
        });
        rows.collect()
    }))
}

impl Rolling {
    /// Says what is to be done.
    fn sort_out(
        &mut self,
        tenants: Vec<(Tenant, Option<i64>)>,
        made: BTreeMap<String, MadeRows>,
        changes: Option<RollupChanges>,
    ) {
        for (tenant, last) in tenants {
            let is_changed = changes
                .is_none_or(|changes| has_changed(last, made.get(tenant.key().as_str()), &changes));
            if is_changed {
                self.todo.push(tenant);
            } else {
                self.done.unchanged += 1;
            }
        }
        self.todo.reverse();
        for (key, made) in made {
            let Ok(key) = TenantKey::new(&key) else {
                continue;
            };
            match made.state {
                None | Some(TenantState::Dropping) => self.gone.push(key),
                Some(TenantState::Suspended) => self.done.suspended.push(key),
                Some(_) => (),
            }
        }
        self.gone.reverse();
    }

    /// Does all that is left.
    fn next(mut self) -> Flow<'static, RolledUp> {
        if let Some(key) = self.gone.pop() {
            let begin = Command::Begin(self.begin);
            return self
                .removed(&key)
                .in_transaction(begin)
                .and_on(move |removed| match removed {
                    Ok(0) => self.next(),
                    Ok(_) => {
                        self.done.gone.push(key);
                        self.next()
                    }
                    Err(error) => {
                        let error = error.in_tenant(&key);
                        if is_of_all(&error) {
                            return Flow::Done(Err(error));
                        }
                        let why = match error.kind() {
                            ErrorKind::LockTimeout => Why::Locked,
                            ErrorKind::Permission => Why::Refused,
                            _ => Why::Failed,
                        };
                        self.leave_out(key, why, error)
                    }
                });
        }
        let Some(tenant) = self.todo.pop() else {
            return Flow::Done(Ok(self.done));
        };
        let begin = Command::Begin(self.begin);
        self.replaced(&tenant)
            .in_transaction(begin)
            .and_on(move |rows| match rows {
                Ok(rows) => {
                    self.done.tenants += 1;
                    self.done.rows += rows;
                    self.next()
                }
                Err(error) => self.failed(&tenant, error),
            })
    }

    /// Makes the rows of a tenant anew, and gives their number.
    fn replaced(&self, tenant: &Tenant) -> Flow<'static, u64> {
        let (plan, shared) = (self.plan.clone(), self.context.clone());
        let context = shared.opened(Some(tenant.place()), shared.log());
        let (key, id) = (tenant.key().clone(), tenant.id());
        self.locked(&key).and_on(move |locked| {
            if let Err(error) = locked {
                return Flow::Done(Err(error));
            }
            (plan.rows)(&key, &context).and_on(move |values| {
                let values = match values {
                    Ok(values) => values,
                    Err(error) => return Flow::Done(Err(error)),
                };
                // Under a key that another tenant has by now, they would be that one's.
                still_called(id, &key).and_on(move |is_called| match is_called {
                    Ok(()) => (plan.remove)(plan.tenant, &key, &shared).and_on(move |removed| {
                        match removed {
                            Ok(_) => (plan.insert)(values, &shared),
                            Err(error) => Flow::Done(Err(error)),
                        }
                    }),
                    Err(error) => Flow::Done(Err(error)),
                })
            })
        })
    }

    /// Removes the rows of a key that no tenant has, and gives their number.
    fn removed(&self, key: &TenantKey) -> Flow<'static, u64> {
        let (plan, shared, key) = (self.plan.clone(), self.context.clone(), key.clone());
        self.locked(&key).and_on(move |locked| {
            if let Err(error) = locked {
                return Flow::Done(Err(error));
            }
            let sql = "SELECT FROM tenantry.tenant WHERE key = $1 AND state <> 'dropping'";
            let look = Statement::look("tenant", sql, vec![Param::text(key.as_str())]);
            Flow::run(Ok(look), |answer| Ok(!answer.rows().is_empty())).and_on(move |is_there| {
                match is_there {
                    Ok(false) => (plan.remove)(plan.tenant, &key, &shared),
                    // Somebody has made a tenant of that key meanwhile, and maybe its rows.
                    Ok(true) => Flow::Done(Ok(0)),
                    Err(error) => Flow::Done(Err(error)),
                }
            })
        })
    }

    /// Waits until no other run makes the rows of this tenant.
    fn locked(&self, key: &TenantKey) -> Flow<'static, ()> {
        let sql = "SELECT pg_catalog.pg_advisory_xact_lock($1, pg_catalog.hashtext($2))";
        let name = format!("{} {key}", self.plan.target.table);
        let params = vec![Param::integer(LOCKS), Param::text(&name)];
        Flow::run(Ok(Statement::look("rollup", sql, params)), |_| Ok(()))
    }

    /// Goes on after an error, unless the next tenant would have the same.
    fn failed(self, tenant: &Tenant, error: Error) -> Flow<'static, RolledUp> {
        let error = error.in_tenant(tenant.key()).in_schema(tenant.schema());
        if is_of_all(&error) {
            return Flow::Done(Err(error));
        }
        let key = tenant.key().clone();
        looked_into(tenant, error).and_on(move |looked| match looked {
            Ok((became, error)) => {
                let why = match why(became, &error) {
                    // It has another key.
                    Why::Failed if error.is_unknown_tenant() => Why::Gone,
                    why => why,
                };
                self.leave_out(key, why, error)
            }
            Err(error) => Flow::Done(Err(error)),
        })
    }

    fn leave_out(mut self, tenant: TenantKey, why: Why, error: Error) -> Flow<'static, RolledUp> {
        let has_failed = |left: &&LeftOut| matches!(left.why, Why::Failed | Why::Refused);
        let failed = self.done.left_out.iter().filter(has_failed).count();
        let has_done_none = self.done.tenants + self.done.unchanged == 0;
        if matches!(why, Why::Failed | Why::Refused) && has_done_none && failed + 1 >= FAILURES {
            return Flow::Done(Err(error));
        }
        self.done.left_out.push(LeftOut {
            tenant,
            why,
            error: Some(error),
        });
        self.next()
    }
}

/// Refuses a tenant that is no longer to be rolled up under its key.
fn still_called(id: i64, key: &TenantKey) -> Flow<'static, ()> {
    let sql = "SELECT FROM tenantry.tenant WHERE id = $1 AND key = $2 AND state = 'active'";
    let params = vec![Param::bigint(id), Param::text(key.as_str())];
    Flow::run(Ok(Statement::look("tenant", sql, params)), |answer| {
        if !answer.rows().is_empty() {
            return Ok(());
        }
        let message = "the tenant was renamed, dropped or suspended while its rows were made\n\
            help: run the roll-up again";
        Err(Error::new(ErrorKind::UnknownTenant, message))
    })
}

/// Whether a tenant's rows have to be made anew.
fn has_changed(last: Option<i64>, made: Option<&MadeRows>, changes: &RollupChanges) -> bool {
    let Some(made) = made else {
        return last.is_some();
    };
    let (Some(last), Some(as_of)) = (last, made.as_of) else {
        return true;
    };
    let overlap = i64::try_from(changes.overlap.as_micros()).unwrap_or(i64::MAX);
    last.max(made.renewed.unwrap_or(i64::MIN)) >= as_of.saturating_sub(overlap)
}

/// Whether an error is no tenant's own.
fn is_of_all(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Connection
            | ErrorKind::CommitUnknown
            | ErrorKind::Closed
            | ErrorKind::Cancelled
            | ErrorKind::Configuration
            | ErrorKind::ForeignRow
            | ErrorKind::ReadOnly
            | ErrorKind::Resources
    )
}

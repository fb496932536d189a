//! Watching a run: bars on a terminal, lines elsewhere, or an object of JSON for each event.
//!
//! The run goes on in another thread and never waits for whoever reads what is printed.
//!
//! Lines and bars go together: what happens to the shared schema and to groups is a line anywhere. So is each tenant of a
//! stage that has few of them. Of many, a terminal shows a bar, and other readers get a line every tenth of the way, and
//! at least every ten seconds. What fails is complained of at once, up to a number: where everything fails, it is for one
//! reason.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::bar::Bar;
use super::output::{Console, about, count, milliseconds};
use super::report::COMPLAINTS;
use super::tally::Tally;
use crate::error::Result;
use crate::migrate::{Direction, Event, Failure, Migrator, Report, SharedReport, TenantReport};

/// Up to how many tenants of a stage have a line each.
const TOLD_ONE_BY_ONE: usize = 20;

/// How long nothing is printed while many tenants are under way.
const SILENCE: Duration = Duration::from_secs(10);

/// Runs a migrator, and shows what happens while it happens.
///
/// # Errors
///
/// Those of the run.
pub(super) fn watch(
    migrator: Migrator,
    run: impl FnOnce(&Migrator) -> Result<Report> + Send,
    direction: Direction,
    json: bool,
    console: &mut Console<'_>,
) -> Result<Report> {
    let (sender, events) = mpsc::channel();
    let migrator = migrator.observe(move |event| {
        // Nobody listens any more only when printing has panicked.
        let _ = sender.send(event.clone());
    });
    thread::scope(|scope| {
        let run = scope.spawn(move || {
            let report = run(&migrator);
            // It holds the sender, whose end is the end of the events.
            drop(migrator);
            report
        });
        let mut screen = Screen::new(direction, console);
        loop {
            match events.recv_timeout(Duration::from_secs(1)) {
                Ok(event) if json => screen.show_json(&event),
                Ok(event) => screen.show(&event),
                Err(RecvTimeoutError::Timeout) => screen.break_silence(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        screen.end_stage();
        run.join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// The state of the output, and of the run.
struct Screen<'c, 'a> {
    console: &'c mut Console<'a>,
    direction: Direction,
    tally: Option<Tally>,
    bar: Option<Bar>,
    /// When something was printed last, and how many tenants were done then.
    told: (Instant, usize),
    /// Whether nothing is begun on purpose.
    is_resting: bool,
    failures: usize,
}

impl<'c, 'a> Screen<'c, 'a> {
    fn new(direction: Direction, console: &'c mut Console<'a>) -> Self {
        Self {
            console,
            direction,
            tally: None,
            bar: None,
            told: (Instant::now(), 0),
            is_resting: false,
            failures: 0,
        }
    }

    fn show_json(&mut self, event: &Event) {
        if self.console.is_verbose() {
            self.console.json_line(&event.clone().with_details());
        } else {
            self.console.json_line(event);
        }
        self.complain(event);
    }

    fn show(&mut self, event: &Event) {
        self.is_resting = matches!(event, Event::Paused | Event::Bake { .. });
        match event {
            Event::Stage { group, tenants, .. } => self.stage(event, group.as_deref(), *tenants),
            Event::Tenant(tenant) => self.tenant(tenant),
            Event::Retry {
                tenant: Some(tenant),
                after,
                why,
                ..
            } => self.retry(&format!(
                "  tenant {tenant}  is tried again in {}: {}",
                milliseconds(*after),
                why.message
            )),
            _ => {
                if let Some(line) = line(event, self.direction) {
                    self.end_stage();
                    self.line(&line);
                }
            }
        }
        self.complain(event);
    }

    fn stage(&mut self, event: &Event, group: Option<&str>, tenants: usize) {
        let goes_on = |tally: &mut Tally| tally.goes_on(group, tenants);
        if !self.tally.as_mut().is_some_and(goes_on) {
            self.end_stage();
            if let Some(line) = line(event, self.direction) {
                self.line(&line);
            }
            self.told = (Instant::now(), 0);
            self.bar = Bar::new(group);
            self.tally = Some(Tally::new(group.map(str::to_owned), tenants));
        }
        self.draw();
    }

    fn tenant(&mut self, tenant: &TenantReport) {
        if self.is_of_few() {
            self.line(&tenant_line(tenant));
        }
        let Some(tally) = &mut self.tally else { return };
        tally.add(tenant);
        let tenth = (tally.total / 10).max(1);
        let is_far = tally.done / tenth > self.told.1 / tenth;
        if is_far && self.bar.is_none() && !self.is_of_few() {
            self.tell();
        }
        self.draw();
    }

    fn retry(&mut self, line: &str) {
        if self.is_of_few() {
            self.line(line);
        }
        if let Some(tally) = &mut self.tally {
            tally.add_retry();
        }
        self.draw();
    }

    fn is_of_few(&self) -> bool {
        self.tally
            .as_ref()
            .is_some_and(|tally| tally.total <= TOLD_ONE_BY_ONE)
    }

    /// Tells that the run is still there.
    fn break_silence(&mut self) {
        if self.bar.is_none() && !self.is_resting && self.told.0.elapsed() >= SILENCE {
            self.tell();
        }
    }

    /// Tells how far the stage is.
    fn tell(&mut self) {
        if let Some(tally) = self.tally.as_ref().filter(|tally| !tally.is_over) {
            let (line, done) = (format!("  {tally}"), tally.done);
            self.line(&line);
            self.told.1 = done;
        }
    }

    fn draw(&self) {
        if let (Some(bar), Some(tally)) = (&self.bar, &self.tally) {
            bar.draw(tally);
        }
    }

    fn end_stage(&mut self) {
        if let Some(tally) = &mut self.tally {
            tally.is_over = true;
        }
        if let Some(bar) = self.bar.take() {
            bar.end();
        }
    }

    fn line(&mut self, line: &str) {
        self.told.0 = Instant::now();
        let console = &mut *self.console;
        aside(self.bar.as_ref(), || console.line(line));
    }

    fn complain(&mut self, event: &Event) {
        let Some(failure) = failure(event) else {
            return;
        };
        self.failures += 1;
        if self.failures <= COMPLAINTS {
            let console = &mut *self.console;
            aside(self.bar.as_ref(), || console.failure(failure));
        }
    }
}

/// Prints something beside the bar, if there is one.
fn aside(bar: Option<&Bar>, print: impl FnOnce()) {
    match bar {
        Some(bar) => bar.aside(print),
        None => print(),
    }
}

fn failure(event: &Event) -> Option<&Failure> {
    match event {
        Event::Shared(shared) => shared.error.as_ref(),
        Event::Tenant(tenant) => tenant.error.as_ref(),
        _ => None,
    }
}

/// An event as a line, unless it is about a tenant, or goes without saying.
fn line(event: &Event, direction: Direction) -> Option<String> {
    Some(match event {
        Event::Stage {
            group,
            tenants,
            workers,
            forecast,
            ..
        } => {
            if group.is_none() && *tenants <= TOLD_ONE_BY_ONE {
                return None;
            }
            let group = group.as_ref().map(|name| format!("group `{name}`: "));
            let verb = match direction {
                Direction::Up => "to migrate",
                Direction::Down => "to roll back",
            };
            let time = forecast.map(|time| format!("; all will take about {}", about(time)));
            format!(
                "{}{} {verb} over {}{}",
                group.unwrap_or_default(),
                count(*tenants, "tenant"),
                count(*workers, "connection"),
                time.unwrap_or_default()
            )
        }
        Event::Shared(shared) => shared_line(shared),
        Event::Retry { after, why, .. } => format!(
            "  shared schema  is tried again in {}: {}",
            milliseconds(*after),
            why.message
        ),
        Event::Batch {
            tenant,
            table,
            rows,
            about,
            ..
        } => {
            let who = tenant.as_ref().map_or_else(
                || "shared schema".to_owned(),
                |tenant| format!("tenant {tenant}"),
            );
            let of = about.map(|about| format!(" of about {}", about.max(*rows)));
            format!(
                "  {who}  {rows}{} rows of `{table}` are done",
                of.unwrap_or_default()
            )
        }
        Event::Bake { group, left } => {
            format!("group `{group}` is done, and bakes for {}", about(*left))
        }
        Event::Health { group, error: None } => format!("group `{group}` is well"),
        Event::Health {
            group,
            error: Some(error),
        } => format!("group `{group}` is not well: {error}"),
        Event::Waiting { what, who } => format!("waits for {what}, which {who} has locked"),
        Event::Paused => "paused; `rollout resume` has it go on".to_owned(),
        Event::Resumed => "resumed".to_owned(),
        _ => return None,
    })
}

fn shared_line(shared: &SharedReport) -> String {
    let failed = if shared.error.is_some() {
        " failed"
    } else {
        ""
    };
    format!(
        "  shared schema  {}{failed}  {}",
        shared.migration,
        milliseconds(shared.duration)
    )
}

fn tenant_line(tenant: &TenantReport) -> String {
    let done = tenant.migrations.join(", ");
    let outcome = match (done.is_empty(), tenant.error.is_some()) {
        (true, true) => "failed".to_owned(),
        (false, true) => format!("{done}; the next failed"),
        (_, false) => done,
    };
    format!(
        "  tenant {}  {outcome}  {}",
        tenant.key,
        milliseconds(tenant.duration)
    )
}

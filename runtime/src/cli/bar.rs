//! A progress bar on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::output::about;
use super::tally::Tally;

/// The bar of a stage.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Makes a bar, if errors go to a terminal, where nobody minds it.
    pub(super) fn new(group: Option<&str>) -> Option<Self> {
        let target = ProgressDrawTarget::stderr();
        if target.is_hidden() {
            return None;
        }
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = "{prefix}[{wide_bar:.cyan/dim}] {pos}/{len}{msg}  {rate}  {time}";
        let style = ProgressStyle::with_template(style)
            .expect("the template is valid")
            .progress_chars("━╸─")
            .with_key("rate", rate)
            .with_key("time", time);
        bar.set_style(style);
        if let Some(group) = group {
            bar.set_prefix(format!("{group} "));
        }
        // The time goes on also when nothing happens.
        bar.enable_steady_tick(Duration::from_millis(250));
        Some(Self(bar))
    }

    /// Shows how far the stage is.
    pub(super) fn draw(&self, tally: &Tally) {
        self.0.set_length(tally.total as u64);
        self.0.set_position(tally.done as u64);
        self.0.set_message(tally.trouble());
    }

    /// Shows how many of something are there.
    pub(super) fn count(&self, done: usize, total: usize) {
        self.0.set_length(total as u64);
        self.0.set_position(done as u64);
    }

    /// Prints something above the bar.
    pub(super) fn aside(&self, print: impl FnOnce()) {
        self.0.suspend(print);
    }

    /// Leaves the bar as it is.
    pub(super) fn end(self) {
        self.0.abandon();
    }
}

fn rate(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    // A bar that can't be drawn is no trouble.
    let _ = write!(out, "{:.0}/s", state.per_sec());
}

fn time(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    let _ = if state.is_finished() {
        write!(out, "in {}", about(state.elapsed()))
    } else {
        write!(out, "{} left", about(state.eta()))
    };
}

//! Shows how far the reading is, on a terminal.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use whosends_core::answers::ingest::{Ingested, Watch};
use whosends_core::ingest::{Input, Progress, measure};

use crate::render::number::{count, grouped};
use crate::streams::Streams;

/// A line on stderr that tells how far the reading is; nothing where stderr is no terminal.
pub(super) struct Display {
    bar: Option<ProgressBar>,
    progress: Arc<Progress>,
    began: Instant,
}

impl Display {
    pub(super) fn new(streams: &Streams, input: &Input, progress: &Arc<Progress>, began: Instant) -> Self {
        let wanted = streams.err_is_terminal() && !streams.is_quiet();
        let bar = wanted.then(|| start(input, progress));
        Self { bar, progress: Arc::clone(progress), began }
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Display {
    fn progress(&mut self, so_far: &Ingested) {
        let Some(bar) = &self.bar else { return };
        bar.set_position(self.progress.bytes.load(Ordering::Relaxed));
        let reports = so_far.reports.new + so_far.reports.duplicate + so_far.reports.conflicting;
        let rate = reports as f64 / bar.elapsed().as_secs_f64().max(0.001);
        bar.set_message(format!(
            "{}, {}, {} ({}/s)",
            count(so_far.files, "file", "files"),
            count(so_far.mails, "mail", "mails"),
            count(reports, "report", "reports"),
            grouped(rate as u64),
        ));
    }

    fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

/// Shows the line and finds out, meanwhile, how much there is to read.
fn start(input: &Input, progress: &Arc<Progress>) -> ProgressBar {
    let bar = ProgressBar::no_length().with_style(style("{spinner} {msg}  {bytes} read in {elapsed}"));
    bar.enable_steady_tick(Duration::from_millis(120));
    if let Input::Paths(paths) = input {
        measure_aside(paths.clone(), bar.clone(), Arc::clone(progress));
    }
    bar
}

fn measure_aside(paths: Vec<PathBuf>, bar: ProgressBar, progress: Arc<Progress>) {
    thread::spawn(move || {
        let (_, bytes) = measure(&paths, &progress);
        bar.set_length(bytes);
        bar.set_style(style("{spinner} {msg}  {bytes} of {total_bytes}, {eta} left"));
    });
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

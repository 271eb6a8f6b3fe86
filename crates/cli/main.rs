//! The `whosends` command: arguments in, an answer and an exit status out.

mod args;
mod command;
mod config;
mod exit;
mod failure;
mod render;
mod streams;

use std::process::ExitCode;

use clap::Parser;
use whosends_core::model::Day;

use crate::args::Args;
use crate::command::Context;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams::Streams;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let (settings, mut streams) = match Settings::load(&args.global) {
        Ok(settings) => {
            let streams = Streams::standard(settings.color, args.global.loudness());
            (settings, streams)
        }
        Err(failure) => {
            let color = args.global.color.unwrap_or_default();
            return failure.report(&mut Streams::standard(color, args.global.loudness())).into();
        }
    };
    // The end of the day that is taken for today, where one is.
    let now = args.global.today.map_or_else(now, |today| today.plus(1).start() - 1);
    let today = Day::of(now);
    let context = Context { settings: &settings, now, today };
    let outcome = command::run(&args, &context, &mut streams);
    let outcome = outcome.and_then(|exit| streams.finish().map(|()| exit).map_err(Failure::from));
    outcome.unwrap_or_else(|failure| failure.report(&mut streams)).into()
}

/// The Unix time.
#[expect(clippy::disallowed_methods, reason = "this is where the command line asks the clock")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or(0)
}

/// Prints the help, the version, or what is wrong with the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is fine, and there is nowhere else to say that stderr is closed.
    let _ = error.print();
    if error.use_stderr() { Exit::Nothing.into() } else { Exit::Fine.into() }
}

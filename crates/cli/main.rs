//! The `whosends` command: arguments in, an answer and an exit status out.

mod args;
mod command;
mod config;
mod exit;
mod failure;
mod format;
mod own_file;
mod render;
mod streams;
mod verb;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory, FromArgMatches, ValueEnum};
use whosends_core::model::Day;

use crate::args::{Args, When};
use crate::command::Context;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams::{Loudness, Streams};
use crate::verb::First;

fn main() -> ExitCode {
    let args = match parse() {
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

/// Reads the arguments. Whether to colour is looked for before, as help and wrong usage may have colour too.
fn parse() -> Result<Args, clap::Error> {
    let given: Vec<OsString> = std::env::args_os().collect();
    let color_asked = color(&given);
    let color = match color_asked {
        When::Auto => ColorChoice::Auto,
        When::Always => ColorChoice::Always,
        When::Never => ColorChoice::Never,
    };
    let command = args::grouped(Args::command().color(color));
    let given = match verb::first(&given, &command, std::path::Path::exists) {
        First::Path => verb::with_ingest(given),
        First::CommandAndPath(name) => {
            let mut streams = Streams::standard(color_asked, Loudness::Customary);
            streams.warning(&format!(
                "`{name}` is a command; `whosends ./{name}` reads what is there under that name"
            ));
            given
        }
        First::Domain(domain) => {
            let text = format!(
                "`{domain}` is neither a command nor a file; `whosends sources {domain}` shows who sends as it, and \
                 `whosends check {domain}` looks at its DNS"
            );
            return Err(command.clone().error(ErrorKind::InvalidSubcommand, text));
        }
        First::Nothing | First::Command | First::Unknown => given,
    };
    Args::from_arg_matches(&command.try_get_matches_from(given)?)
}

/// What `--color` says, where it says anything.
fn color(given: &[OsString]) -> When {
    let mut color = When::default();
    for (at, arg) in given.iter().enumerate() {
        let value = match arg.to_str().and_then(|arg| arg.strip_prefix("--color")) {
            Some("") => given.get(at + 1).and_then(|next| next.to_str()),
            Some(joined) => joined.strip_prefix('='),
            None => None,
        };
        color = value.and_then(|value| When::from_str(value, false).ok()).unwrap_or(color);
    }
    color
}

/// Prints the help, the version, or what is wrong with the arguments.
fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if error.use_stderr() {
        // There is nowhere else to say that stderr is closed.
        return Exit::Nothing.into();
    }
    match printed {
        Ok(()) => Exit::Fine.into(),
        Err(error) => {
            Failure::from(error).report(&mut Streams::standard(When::default(), Loudness::Customary)).into()
        }
    }
}

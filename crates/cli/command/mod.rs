//! One file a command: what it asks of the core, and what it prints.

mod completions;

use crate::args::{Args, Command};
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams::Streams;

/// Runs the command that was asked for.
pub(crate) fn run(args: &Args, settings: &Settings, streams: &mut Streams) -> Result<Exit, Failure> {
    let _ = settings;
    match &args.command {
        Command::Completions(args) => completions::completions(args, streams),
        Command::Man(args) => completions::man(args, streams),
        _ => Err(Failure::new("not there yet")),
    }
}

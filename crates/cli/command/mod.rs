//! One file a command: what it asks of the core, and what it prints.

use crate::args::Args;
use crate::config::Settings;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams::Streams;

/// Runs the command that was asked for.
pub(crate) fn run(args: &Args, settings: &Settings, streams: &mut Streams) -> Result<Exit, Failure> {
    let _ = (settings, streams);
    match &args.command {
        _ => Err(Failure::new("not there yet")),
    }
}

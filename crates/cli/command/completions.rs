//! `completions` and `man`: both are made from what can be typed.

use std::io::{self, Write};

use clap::{Command, CommandFactory};

use crate::args::{Args, Completions, Man};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::streams::Streams;

/// Writes the completions of a shell.
pub(crate) fn completions(args: &Completions, streams: &mut Streams) -> Result<Exit, Failure> {
    // clap_complete panics where it can't write: it writes to memory, and we write on.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "whosends", &mut script);
    streams.out().write_all(&script)?;
    Ok(Exit::Fine)
}

/// Writes the manual page of the program or of a command.
pub(crate) fn man(args: &Man, streams: &mut Streams) -> Result<Exit, Failure> {
    let mut command = Args::command();
    command.build();
    for name in &args.command {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| {
            Failure::new(format!("there is no command `{name}`")).hint("`whosends help` lists the commands")
        })?;
    }
    page(command, streams.out())?;
    Ok(Exit::Fine)
}

fn page(command: Command, out: &mut dyn Write) -> io::Result<()> {
    // The program's own examples stand in the page as they do in the help.
    let name = command.get_bin_name().unwrap_or("whosends").replace(' ', "-");
    let examples = command.get_after_help().map(ToString::to_string);
    let has_commands = command.has_subcommands();
    let man = clap_mangen::Man::new(command.after_help("")).title(name.to_uppercase()).section("1");
    let man = man.source(concat!("whosends ", env!("CARGO_PKG_VERSION")));
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if has_commands {
        man.render_subcommands_section(out)?;
    }
    write_examples(examples.as_deref(), out)?;
    write_list(
        "EXIT STATUS",
        Exit::MEANINGS.iter().map(|&(exit, text)| (exit.code().to_string(), text)),
        out,
    )?;
    let own = |list: &'static [(&str, &str)]| list.iter().map(|&(name, text)| (name.to_owned(), text));
    write_list("ENVIRONMENT", own(&ENVIRONMENT), out)?;
    write_list("FILES", own(&FILES), out)
}

const ENVIRONMENT: [(&str, &str); 6] = [
    ("WHOSENDS_DB", "The database, as --db"),
    ("WHOSENDS_CONFIG", "The configuration file, as --config"),
    ("WHOSENDS_COLOR", "When to colour, as --color"),
    ("NO_COLOR", "Where it is set, nothing is coloured"),
    ("CLICOLOR_FORCE", "Where it is set, everything is coloured"),
    ("XDG_DATA_HOME, XDG_CONFIG_HOME", "Where the database and the configuration file are looked for"),
];

const FILES: [(&str, &str); 2] = [
    ("~/.local/share/whosends/whosends.db", "The database"),
    (
        "~/.config/whosends/config.toml",
        "The configuration: db, color and, under [limits], the limit flags of ingest without their dashes. \
         A key that is not known is an error.",
    ),
];

fn write_examples(help: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let Some(examples) = help.and_then(|text| text.strip_prefix("Examples:\n")) else { return Ok(()) };
    writeln!(out, ".SH EXAMPLES\n.nf")?;
    examples.lines().try_for_each(|line| writeln!(out, "{}", escaped(line)))?;
    writeln!(out, ".fi")
}

fn write_list(
    title: &str,
    entries: impl Iterator<Item = (String, &'static str)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, ".SH \"{title}\"")?;
    for (term, text) in entries {
        writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(&term), escaped(text))?;
    }
    Ok(())
}

/// Text that roff takes as it is: a hyphen that can be copied, and no line that is a request.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

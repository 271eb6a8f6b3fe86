//! The help of the whole program: its commands by what they are for.

use std::fmt::Write;

use clap::Command;

/// Commands that stand together.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Every day", &["demo", "start", "ingest", "sources", "ready", "check", "changes", "domains"]),
    ("When you change something", &["plan", "source", "replay", "mark", "spf", "resolve"]),
    ("Looking closer, and other tools", &["reports", "notes", "export", "senders", "classify"]),
    ("Looking after it", &["db", "completions", "man", "help"]),
];

/// The columns of a command's name.
const NAME: usize = 13;

/// Has the help show the commands in their groups.
pub(crate) fn grouped(command: Command) -> Command {
    let mut text = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (title, names) in GROUPS {
        text.push_str(&format!("\n{title}:\n"));
        for name in names {
            let about = match *name {
                "help" => Some("Print this, or the help of a command".to_owned()),
                name => {
                    command.find_subcommand(name).and_then(|found| found.get_about()).map(ToString::to_string)
                }
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {name:NAME$}{}", about.unwrap_or_default());
        }
    }
    text.push_str("\nOptions:\n{options}{after-help}");
    command.help_template(text)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;
    use crate::args::Args;

    #[test]
    fn every_command_stands_in_one_group() {
        let listed: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let known: BTreeSet<String> = Args::command()
            .get_subcommands()
            .map(|found| found.get_name().to_owned())
            .chain(["help".to_owned()])
            .collect();
        assert_eq!(listed.len(), known.len());
        assert_eq!(listed.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), known);
    }
}

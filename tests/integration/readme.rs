//! What the README shows is what the program prints.

use std::fs;
use std::process::Command;

use crate::support::{Folder, root};

/// A command of the README with the output it shows.
struct Shown {
    command: String,
    output: String,
}

/// The commands in `console` blocks: a line that begins with `$ `, then what it prints.
fn shown(text: &str) -> Vec<Shown> {
    let mut all = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            if let Some(command) = line.strip_prefix("$ ") {
                all.push(Shown { command: command.to_owned(), output: String::new() });
            } else if let Some(last) = all.last_mut() {
                last.output += line;
                last.output.push('\n');
            }
        }
    }
    all
}

/// How long something took is not the same twice.
fn without_times(text: &str) -> String {
    text.lines()
        .map(|line| match line.split_once(" in ") {
            Some((before, after)) if line.starts_with("Read ") => {
                let rest = after
                    .split_once([';', '.'])
                    .map_or("", |_| after.rsplit_once(' ').map_or("", |(_, unit)| unit));
                format!("{before} in … {rest}")
            }
            _ => line.to_owned(),
        })
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn commands_print_what_the_readme_shows() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let home = Folder::new();
    let mut ran = 0;
    for Shown { command, output } in shown(&readme) {
        let command = command.replace("cargo run --release -- ", "whosends ");
        let Some(arguments) = command.strip_prefix("whosends ") else { continue };
        // One stream, as a person sees it on a terminal.
        let script = format!("exec \"$0\" --today 2026-11-22 {arguments} 2>&1");
        let printed = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_whosends")])
            .current_dir(root())
            .env_clear()
            .env("XDG_DATA_HOME", home.path(""))
            .output()
            .unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        let (printed, output) = (without_times(&printed), without_times(&output));
        // A line of dots stands for what the README leaves out at the end.
        match output.strip_suffix("[...]\n") {
            Some(beginning) => {
                assert_eq!(&printed[..beginning.len().min(printed.len())], beginning, "$ {command}")
            }
            None => assert_eq!(printed, output, "$ {command}"),
        }
        ran += 1;
    }
    assert!(ran >= 3, "only {ran} commands");
}

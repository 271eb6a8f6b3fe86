//! Help, wrong usage, configuration, colour, pipes: what holds for every command.

use std::process::Stdio;

use insta::assert_snapshot;

use crate::support::run::Folder;

#[test]
fn the_help_shows_what_to_type_first() {
    assert_snapshot!(Folder::new().run("-h").go(), @r"
        Tells who sends mail as your domain, from DMARC aggregate reports

        Usage: whosends [OPTIONS] <PATH>...
               whosends [OPTIONS] <COMMAND>

        Every day:
          demo         Show who sends in a sample that is part of the program
          start        Tell what to publish for reports to come, and whether it is there
          ingest       Read reports, then show who sends; `whosends PATH` does the same
          sources      Show who sends as a domain
          ready        Tell whether a domain can enforce its policy without losing mail
          check        Check what stands in a domain's DNS around mail
          changes      Show what changed from one period to the next
          domains      List the domains that reports were read for

        When you change something:
          plan         Tell what a change of DNS would do to the mail, before it is published
          source       Show one sender in full
          replay       Judge the stored mail again under another policy
          mark         Record what you know of a sender, or list what you recorded
          spf          Show what an SPF record leads to, or whether an address may send
          resolve      Ask DNS about the sources that reports saw

        Looking closer, and other tools:
          reports      List the reports held, or show one
          notes        Show what was odd in what was read
          export       Write the records out
          senders      List the sending services that are known, or show one
          classify     Name the senders of records given as ndjson

        Looking after it:
          db           Look after the database
          completions  Write the completions of a shell
          man          Write the manual page
          help         Print this, or the help of a command

        Options:
              --db <PATH>       The database; `:memory:` keeps nothing [env:
                                WHOSENDS_DB] [default: whosends/whosends.db in the XDG
                                data folder]
              --config <FILE>   The configuration file [env: WHOSENDS_CONFIG] [default:
                                whosends/config.toml in the XDG configuration folder]
              --senders <FILE>  A file of services beside the built-in ones, or over
                                them [env: WHOSENDS_SENDERS]
              --asn-db <FILE>   A database of networks in the MaxMind DB format (.mmdb),
                                to tell the AS of addresses by [env: WHOSENDS_ASN_DB]
              --color <WHEN>    When to colour [env: WHOSENDS_COLOR] [default: auto,
                                which honours NO_COLOR, CLICOLOR_FORCE and TERM]
                                [possible values: auto, always, never]
          -q, --quiet           Say nothing on stderr but what went wrong
          -v, --verbose...      Say more on stderr
          -h, --help            Print help (see more with '--help')
          -V, --version         Print version

        Examples:
          whosends ~/dmarc.mbox              read a mailbox, then show who sends
          whosends sources example.com       who sends as example.com, and what passes
          whosends --db :memory: ~/reports   a one-shot answer that keeps nothing
          whosends                           what is known, and what to do next
        [exit 0]
        ");
}

#[test]
fn the_version_is_the_packages() {
    let ran = Folder::new().run("--version").go();
    assert_eq!(ran.to_string(), format!("whosends {}\n[exit 0]", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_mistyped_flag_or_command_is_named_with_the_right_one() {
    let folder = Folder::new();
    assert_snapshot!(folder.run("domain").go(), @r"
        ------- stderr -------
        error: unrecognized subcommand 'domain'

          tip: a similar subcommand exists: 'domains'

        Usage: whosends [OPTIONS] <PATH>...
               whosends [OPTIONS] <COMMAND>

        For more information, try '--help'.
        [exit 2]
        ");
    assert_snapshot!(folder.run("sources --sinze 30d").go(), @r"
        ------- stderr -------
        error: unexpected argument '--sinze' found

          tip: a similar argument exists: '--since'

        Usage: whosends sources --since <WHEN> [DOMAIN]

        For more information, try '--help'.
        [exit 2]
        ");
    assert_snapshot!(folder.run("sources --since 30").go(), @r"
        ------- stderr -------
        error: invalid value '30' for '--since <WHEN>': not a period; write it like `30d`, `8w`, `2026-11-01` or `all`

        For more information, try '--help'.
        [exit 2]
        ");
    assert_snapshot!(folder.run("sources 192.0.2.1").go(), @r"
        ------- stderr -------
        error: invalid value '192.0.2.1' for '[DOMAIN]': not a domain name; write it like `example.com`

        For more information, try '--help'.
        [exit 2]
        ");
    assert_snapshot!(folder.run("ingest - --max-held-bytes 5q").go(), @r"
        ------- stderr -------
        error: invalid value '5q' for '--max-held-bytes <SIZE>': not a size; write it like `64k`, `512MiB` or `4GiB`

        For more information, try '--help'.
        [exit 2]
        ");
}

#[test]
fn a_mistyped_key_is_named_with_its_line() {
    let folder = Folder::new();
    folder.write("c.toml", "color = \"never\"\n\n[limits]\nmax-entires = 5\n");
    assert_snapshot!(folder.run("--config c.toml domains").go(), @r"
        ------- stderr -------
        error: c.toml:4: unknown field `max-entires`, expected one of `max-input-bytes`, `max-held-bytes`, `max-unpacked-bytes`, `max-entries`, `max-archive-depth`, `max-mail-depth`, `max-xml-depth`, `max-text-bytes`, `max-records`
        hint: the keys are `db`, `color`, `senders`, `asn-db` and, under `[limits]`, the names of the limit flags
        [exit 2]
        ");
    assert_snapshot!(folder.run("--config missing.toml domains").go(), @r"
        ------- stderr -------
        error: cannot read missing.toml: No such file or directory (os error 2)
        [exit 2]
        ");
}

#[test]
fn the_configuration_lies_in_the_xdg_folder() {
    let folder = Folder::new();
    folder.write(".config/whosends/config.toml", "colour = 'never'\n");
    let ran = folder.run("domains").go();
    assert!(ran.stderr().contains(".config/whosends/config.toml:1"), "{ran}");
    folder.write("elsewhere/whosends/config.toml", "db = 'there.db'\n");
    let elsewhere = folder.path("elsewhere");
    let ran = folder
        .run("domains")
        .env("XDG_CONFIG_HOME", elsewhere.to_str().unwrap())
        .without_env("WHOSENDS_DB")
        .go();
    assert!(ran.stderr().contains("elsewhere/whosends/there.db"), "{ran}");
}

#[test]
fn a_flag_goes_over_the_environment() {
    let folder = Folder::new();
    let ran = folder.run("--db flag.db domains").go();
    assert!(ran.stderr().contains("flag.db"), "{ran}");
    let ran = folder.run("domains").without_env("WHOSENDS_DB").go();
    assert!(ran.stderr().contains(".local/share/whosends/whosends.db"), "{ran}");
    let ran = folder.run("domains").env("WHOSENDS_DB", "").go();
    assert!(ran.stderr().contains(".local/share/whosends/whosends.db"), "{ran}");
}

#[test]
fn every_shell_has_completions_that_know_the_commands() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = folder.run(&format!("completions {shell}")).go();
        assert_eq!(ran.status(), Some(0));
        assert!(ran.stdout().contains("max-held-bytes"), "{shell}");
    }
}

#[test]
fn the_manual_page_states_what_each_status_means() {
    let folder = Folder::new();
    let ran = folder.run("man").go();
    let (_, statuses) =
        ran.stdout().split_once(".SH \"EXIT STATUS\"\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    for status in [0, 1, 2, 3, 4, 130] {
        assert!(statuses.contains(&format!(".TP\n\\fB{status}\\fR\n")), "{status}");
    }
    let prune = folder.run("man db prune").go().stdout();
    assert!(prune.contains("whosends\\-db\\-prune") && prune.contains("\\-\\-before"), "{prune}");
    assert_snapshot!(folder.run("man nonsense").go(), @r"
        ------- stderr -------
        error: there is no command `nonsense`
        hint: `whosends help` lists the commands
        [exit 2]
        ");
}

#[test]
fn a_closed_pipe_is_fine() {
    let folder = Folder::new();
    let mut command = folder.run("completions bash").into_command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let folder = Folder::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = folder.run("completions bash").into_command();
    let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: cannot write the output: No space left"), "{stderr}");
}

#[test]
fn colour_comes_only_where_it_is_wanted() {
    let folder = Folder::new();
    let colored = |run: crate::support::run::Run<'_>| run.go().stderr().contains('\x1b');
    assert!(!colored(folder.run("domains")));
    assert!(colored(folder.run("domains --color always")));
    assert!(colored(folder.run("domains").env("CLICOLOR_FORCE", "1")));
    assert!(colored(folder.run("domains --color always").env("NO_COLOR", "1")));
    assert!(!colored(folder.run("domains --color never").env("CLICOLOR_FORCE", "1")));
    assert!(!colored(folder.run("domains").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(colored(folder.run("domains").env("WHOSENDS_COLOR", "always")));
    // Help and wrong usage are coloured by the same rules.
    assert!(colored(folder.run("--color=always nonsense")));
    assert!(!colored(folder.run("nonsense --color never").env("CLICOLOR_FORCE", "1")));
}

#[test]
fn what_needs_no_database_needs_no_home() {
    let folder = Folder::new();
    let without = |args: &str| {
        folder.run(args).without_env("WHOSENDS_DB").without_env("XDG_DATA_HOME").without_env("HOME").go()
    };
    assert_eq!(without("senders mailchimp").status(), Some(0));
    let refused = without("sources");
    assert!(refused.stderr().contains("--db PATH"), "{refused}");
    assert_eq!(refused.status(), Some(2));
}

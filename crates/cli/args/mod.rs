//! What can be typed. The help and the manual page are made from this.

mod changes;
mod check;
mod help;
mod mark;
mod plan;
mod ready;
mod replay;
mod resolve;
mod source;
mod start;

use std::ffi::OsString;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum, ValueHint};
use serde::Deserialize;
use whosends_core::answers::senders::ClassFilter;
use whosends_core::limits::Limits;
use whosends_core::model::period::{self, Since};
use whosends_core::model::{Day, Name};
use whosends_core::senders::Class;

pub(crate) use self::changes::Changes;
pub(crate) use self::check::{Check, DnsArgs, FailOn, Named};
pub(crate) use self::help::grouped;
pub(crate) use self::mark::Mark;
pub(crate) use self::plan::Plan;
pub(crate) use self::ready::Ready;
pub(crate) use self::replay::{ModeWord, PolicyWord, Replay};
pub(crate) use self::resolve::Resolve;
pub(crate) use self::source::Source;
pub(crate) use self::start::Start;
use crate::streams::Loudness;

/// Tells who sends mail as your domain, from DMARC aggregate reports
///
/// Point it at a mailbox of DMARC aggregate reports. It keeps what they say in a database of its own, and
/// tells who sends mail as your domain and how much of it passes.
#[derive(Debug, Parser)]
#[command(
    name = "whosends",
    version,
    override_usage = "whosends [OPTIONS] <PATH>...\n       whosends [OPTIONS] <COMMAND>"
)]
#[command(after_help = EXAMPLES, max_term_width = 80)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  whosends ~/dmarc.mbox              read a mailbox, then show who sends
  whosends sources example.com       who sends as example.com, and what passes
  whosends --db :memory: ~/reports   a one-shot answer that keeps nothing
  whosends                           what is known, and what to do next";

/// Flags that every command takes.
#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// The database; `:memory:` keeps nothing [env: WHOSENDS_DB] [default: whosends/whosends.db in the XDG
    /// data folder]
    #[arg(long, global = true, value_name = "PATH")]
    #[arg(value_hint = ValueHint::FilePath, help_heading = "Global options")]
    pub(crate) db: Option<PathBuf>,

    /// The configuration file [env: WHOSENDS_CONFIG] [default: whosends/config.toml in the XDG configuration
    /// folder]
    #[arg(long, global = true, value_name = "FILE")]
    #[arg(value_hint = ValueHint::FilePath, help_heading = "Global options")]
    pub(crate) config: Option<PathBuf>,

    /// A file of services beside the built-in ones, or over them [env: WHOSENDS_SENDERS]
    #[arg(long, global = true, value_name = "FILE")]
    #[arg(value_hint = ValueHint::FilePath, help_heading = "Global options")]
    pub(crate) senders: Option<PathBuf>,

    /// A database of networks in the MaxMind DB format (.mmdb), to tell the AS of addresses by [env:
    /// WHOSENDS_ASN_DB]
    #[arg(long, global = true, value_name = "FILE")]
    #[arg(value_hint = ValueHint::FilePath, help_heading = "Global options")]
    pub(crate) asn_db: Option<PathBuf>,

    /// When to colour [env: WHOSENDS_COLOR] [default: auto, which honours NO_COLOR, CLICOLOR_FORCE and TERM]
    #[arg(long, global = true, value_name = "WHEN")]
    #[arg(help_heading = "Global options")]
    pub(crate) color: Option<When>,

    /// Say nothing on stderr but what went wrong
    #[arg(long, short, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub(crate) quiet: bool,

    /// Say more on stderr
    #[arg(long, short, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,

    /// Take this day for today, so that an answer can be had again
    #[arg(long, global = true, value_name = "DATE", value_parser = day, hide = true)]
    pub(crate) today: Option<Day>,
}

impl Global {
    /// How much to say on stderr.
    pub(crate) const fn loudness(&self) -> Loudness {
        match (self.quiet, self.verbose) {
            (true, _) => Loudness::Quiet,
            (false, 0) => Loudness::Customary,
            (false, _) => Loudness::Verbose,
        }
    }
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show who sends in a sample that is part of the program
    ///
    /// The reports are made up: sixty days of three domains, one of which loses mail. Nothing is kept.
    Demo(Demo),
    /// Read reports, then show who sends; `whosends PATH` does the same
    ///
    /// Reads files, folders with all that is below them, mbox, Maildir, mail, zip, gzip and tar. What a thing
    /// is gets decided by its content, never by its name. What was read before is not counted again.
    Ingest(Ingest),
    /// Show who sends as a domain
    ///
    /// Messages are grouped, and each group is shown with how many there are, how many of them pass DMARC,
    /// aligned DKIM and aligned SPF, from how many addresses, and when. All rates are of messages.
    Sources(Sources),
    /// Show one sender in full
    ///
    /// Shows for each domain it sends as what it is and why, what names it, its addresses, signatures and return
    /// paths, its results day by day, why its failing mail fails, and what to publish or switch on.
    Source(Source),
    /// Tell whether a domain can enforce its policy without losing mail
    ///
    /// Judges the last 30 days, and rare senders by 90, and names every sender that would lose mail with what to do.
    /// Ends with 0 where the step can be taken or has been, 1 where it can't, and 4 where there is not enough data; of
    /// several domains with 1 where any can't, else with 4 where any lacks data.
    Ready(Ready),
    /// Tell what a change of DNS would do to the mail, before it is published
    ///
    /// Lays a planned SPF or DMARC record, or the loss of a DKIM key, beside the mail of the last 90 days, sender by sender:
    /// what passes DMARC with DNS as it is and would fail, what would pass, and what nobody can tell. Ends with 0 where no mail
    /// of yours is lost, 1 where some is, by what would fail or by a stricter policy, and 4 where nobody can tell. DNS as it is comes from what the database keeps of the
    /// last `check`, unless `--live` asks now.
    Plan(Plan),
    /// Judge the stored mail again under another policy
    ///
    /// Tells what a policy would have done to the mail that reports saw: what is yours and lost, what may be, and
    /// what is not yours and stopped, by sender. The receivers' verdicts stand, unless the alignment changes; `pct`
    /// and test mode are left out of it. Everything stored is taken, unless a period is given.
    Replay(Replay),
    /// Ask DNS about the sources that reports saw
    ///
    /// Looks up the names of source addresses and whether they lead back, and the addresses that the services in
    /// use authorise in SPF. The answers are kept, and name senders from then on; nothing else asks for them. It may
    /// be interrupted at any time, and goes on where it was.
    Resolve(Resolve),
    /// Record what you know of a sender, or list what you recorded
    ///
    /// A decision is for a domain and those below it, and holds until it is cleared: nothing that is learned from
    /// reports or DNS changes it. Every command that names senders goes by it at once.
    Mark(Mark),
    /// Show what changed from one period to the next
    ///
    /// Compares a period with the one before it: senders that are new, gone, or changed in volume or in what passes;
    /// policies that were published anew; reporters that fell silent. Volumes are compared over the days that a
    /// reporter covered in both periods, as reports come late.
    Changes(Changes),
    /// List the sending services that are known, or show one
    Senders(Senders),
    /// Name the senders of records given as ndjson
    ///
    /// Each line is a record with the fields of the export, and what is known around it: `rdns`, `fcrdns`,
    /// `asn`, and `owner` with `domains`, `confirmed`, `addresses`, `selectors` and `tenants`. The fields of
    /// the answer are described in docs/json.md. No database is used.
    Classify(Classify),
    /// List the domains that reports were read for
    Domains(Domains),
    /// Check what stands in a domain's DNS around mail
    ///
    /// Reads SPF, DMARC, DKIM, MX and what is near them, says what is wrong, the worst first, and shows the record
    /// to publish. What DNS does not answer is not decided, and never taken for a missing record. Where there is
    /// a database, what DNS answered is kept there for each domain, with its time, for `--diff`. None is made
    /// for that, unless `--db` names it; and nothing is kept with `--offline`.
    Check(Check),
    /// Tell what to publish for reports to come, and whether it is there
    ///
    /// Shows the DMARC record that asks receivers for reports, with all that stands in DNS kept, and the record by which
    /// the owner of another domain agrees to take them. With `--test` it says whether they are published, and when the
    /// first report is due: it ends with 0 where all is there, 1 where something is missing, and 4 where DNS did not answer.
    Start(Start),
    /// Show what an SPF record leads to, or whether an address may send
    ///
    /// Alone it shows the tree of the record, with lookups, void lookups and addresses for each term. With `--ip`
    /// it evaluates the record as a receiver does (RFC 7208), and shows which term decides. Any text may be given
    /// as domain: what can have no record gives `none`.
    Spf(Spf),
    /// List the reports held, or show one
    Reports(Reports),
    /// Show what was odd in what was read
    ///
    /// A report that is odd is read all the same: what was odd and what was made of it is kept as a note.
    Notes(Notes),
    /// Write the records out
    ///
    /// Writes every record that counts, in a stable order, for other tools. The fields are described in
    /// docs/json.md.
    Export(Export),
    /// Look after the database
    Db(Db),
    /// Write the completions of a shell
    Completions(Completions),
    /// Write the manual page
    Man(Man),
}

/// `demo`
#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Show who sends as each domain, and not a line each
    #[arg(long)]
    pub(crate) full: bool,
}

/// `ingest`
#[derive(Debug, ClapArgs)]
#[command(after_help = INGEST_EXAMPLES)]
pub(crate) struct Ingest {
    /// Files or folders; `-` reads stdin
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,

    /// Read files again that were read before and have not changed
    #[arg(long)]
    pub(crate) reread: bool,

    /// Threads that read and parse [default: one a core]
    #[arg(long, short, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// Show who sends as each of several domains, and not a line each
    #[arg(long, conflicts_with = "json")]
    pub(crate) full: bool,

    /// Print what was done as one JSON object, and no table
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) limits: LimitSettings,
}

const INGEST_EXAMPLES: &str = "\
Examples:
  whosends ingest reports.mbox               a mailbox export
  whosends ingest ~/Maildir ~/reports.tar.gz
  gpg -d reports.gpg | whosends ingest -     from another program";

/// Limits on what is read, by flag or in the `[limits]` table of the configuration file.
#[derive(Debug, Clone, Default, PartialEq, Eq, ClapArgs, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[command(next_help_heading = "Limits (sizes as 64k, 512MiB, 4GiB)")]
pub(crate) struct LimitSettings {
    /// Most bytes of a file, a message of an mbox, or a member of a tar [default: 1GiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    #[serde(deserialize_with = "stated_size")]
    max_input_bytes: Option<u64>,

    /// Most bytes of a mail, or of an archive inside something else [default: 128MiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    #[serde(deserialize_with = "stated_size")]
    max_held_bytes: Option<u64>,

    /// Most bytes after decompression of everything in one file [default: 4GiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    #[serde(deserialize_with = "stated_size")]
    max_unpacked_bytes: Option<u64>,

    /// Most members of a file, and parts of a mail [default: 100000]
    #[arg(long, value_name = "N", value_parser = size)]
    #[serde(deserialize_with = "stated_size")]
    max_entries: Option<u64>,

    /// Most archives within archives [default: 3]
    #[arg(long, value_name = "N")]
    max_archive_depth: Option<u32>,

    /// Most messages within messages [default: 16]
    #[arg(long, value_name = "N")]
    max_mail_depth: Option<u32>,

    /// Most XML elements within elements [default: 64]
    #[arg(long, value_name = "N")]
    max_xml_depth: Option<u32>,

    /// Most bytes of one text in a report [default: 64KiB]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    #[serde(deserialize_with = "stated_size")]
    max_text_bytes: Option<u64>,

    /// Most records in one report [default: 20000000]
    #[arg(long, value_name = "N", value_parser = size)]
    #[serde(deserialize_with = "stated_size")]
    max_records: Option<u64>,
}

impl LimitSettings {
    /// Changes the limits that are set here.
    pub(crate) fn apply(&self, limits: &mut Limits) {
        set(&mut limits.input_bytes, self.max_input_bytes);
        set(&mut limits.held_bytes, self.max_held_bytes);
        set(&mut limits.unpacked_bytes, self.max_unpacked_bytes);
        set(&mut limits.entries, self.max_entries);
        set(&mut limits.archive_depth, self.max_archive_depth);
        set(&mut limits.mail_depth, self.max_mail_depth);
        set(&mut limits.xml_depth, self.max_xml_depth);
        set(&mut limits.text_bytes, self.max_text_bytes);
        set(&mut limits.records, self.max_records);
    }
}

fn set<T>(limit: &mut T, stated: Option<T>) {
    if let Some(stated) = stated {
        *limit = stated;
    }
}

/// `sources`
#[derive(Debug, ClapArgs)]
pub(crate) struct Sources {
    /// The domain, with those below it [default: every domain]
    #[arg(value_parser = domain)]
    pub(crate) domain: Option<Name>,

    /// What to group by
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = By::Sender)]
    pub(crate) by: By,

    /// Only senders of this class, or with `!` before it only those of others: aligned, misaligned,
    /// forwarder, unauthorised, unknown
    #[arg(long, value_name = "CLASS", value_delimiter = ',', value_parser = class)]
    pub(crate) class: Vec<ClassFilter>,

    #[command(flatten)]
    pub(crate) period: PeriodArgs,

    /// Most rows of one domain, or of a class of senders, in the table [default: 20 and 10, or 8 and 5 where
    /// there are several domains]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) limit: Option<usize>,

    /// Show every row of every domain in the table
    #[arg(long, short)]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// What sources are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum By {
    /// The service or server that sends, by name where it has one
    Sender,
    /// The organisation that signed or sent, else the network
    Network,
    /// The source address
    #[value(alias = "ip")]
    Address,
    /// Who reported it
    Reporter,
    /// The domain in the From header
    #[value(alias = "header-from", alias = "from")]
    HeaderFrom,
}

/// Reads a class, or with `!` every other one.
fn class(text: &str) -> Result<ClassFilter, &'static str> {
    let (negated, word) = match text.strip_prefix('!') {
        Some(word) => (true, word),
        None => (false, text),
    };
    let word = if word == "unauthorized" { "unauthorised" } else { word };
    let unknown = "not a class; it can be aligned, misaligned, forwarder, unauthorised or unknown";
    Ok(ClassFilter { class: Class::from_word(word).ok_or(unknown)?, negated })
}

/// Which days.
#[derive(Debug, Default, PartialEq, ClapArgs)]
pub(crate) struct PeriodArgs {
    /// From this day, or this many days back from the last: 2026-11-01, 30d, 8w, all
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<Since>,

    /// To this day [default: the newest with data, not after today]
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) until: Option<Day>,
}

/// How to write the answer.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct FormatArgs {
    /// How to write the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    format: Format,

    /// Short for `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl FormatArgs {
    /// The format asked for.
    pub(crate) const fn get(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// How to write an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// One JSON object
    Json,
    /// One JSON object a line
    Ndjson,
    /// For spreadsheets
    Csv,
}

/// `senders`
#[derive(Debug, ClapArgs)]
pub(crate) struct Senders {
    /// The id of a service, as `amazon-ses` [default: all of them]
    pub(crate) id: Option<String>,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// `classify`
#[derive(Debug, ClapArgs)]
pub(crate) struct Classify {
    /// A file of records, one JSON object a line; `-` reads stdin
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) input: PathBuf,
}

/// `domains`
#[derive(Debug, ClapArgs)]
pub(crate) struct Domains {
    #[command(flatten)]
    pub(crate) period: PeriodArgs,
    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// `spf`
#[derive(Debug, ClapArgs)]
#[command(after_help = SPF_EXAMPLES)]
pub(crate) struct Spf {
    /// The domain whose record counts
    pub(crate) domain: OsString,

    /// Evaluate the record for mail from this address
    #[arg(long, value_name = "ADDR")]
    pub(crate) ip: Option<IpAddr>,

    /// Show what each term carried in 90 days of the stored reports, and what could go
    #[arg(long, conflicts_with_all = ["ip", "recheck"])]
    pub(crate) used: bool,

    /// Evaluate the record for every address of the last 30 days of the stored reports
    #[arg(long, conflicts_with = "ip")]
    pub(crate) recheck: bool,

    /// The envelope sender; empty is postmaster at the HELO name [default: postmaster at the domain]
    #[arg(long, value_name = "ADDR", allow_hyphen_values = true, requires = "ip")]
    pub(crate) from: Option<OsString>,

    /// The HELO name [default: the domain]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true, requires = "ip")]
    pub(crate) helo: Option<OsString>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) dns: DnsArgs,
}

const SPF_EXAMPLES: &str = "\
Examples:
  whosends spf example.com                             what the record leads to
  whosends spf example.com --recheck                   what it changed for those who send
  whosends spf example.com --ip 192.0.2.7              whether that address may send
  whosends spf example.com --ip 192.0.2.7 --from ann@example.com --helo mail.example.com";

/// `reports`
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Reports {
    #[command(subcommand)]
    pub(crate) command: Option<ReportsCommand>,
    #[command(flatten)]
    pub(crate) list: ReportsList,
}

/// `reports ...`
#[derive(Debug, Subcommand)]
pub(crate) enum ReportsCommand {
    /// Show one report with everything it says
    Show(ReportsShow),
}

/// `reports`, the list
#[derive(Debug, ClapArgs)]
pub(crate) struct ReportsList {
    /// Reports for this domain and those below it
    #[arg(long, value_parser = domain)]
    pub(crate) domain: Option<Name>,

    /// Reports of this reporter: a part of its name, in any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) reporter: Option<String>,

    /// Only reports whose contents differ from another of the same identity
    #[arg(long)]
    pub(crate) conflicting: bool,

    #[command(flatten)]
    pub(crate) period: PeriodArgs,

    /// Most reports, newest first [default: 50 in a table, else all]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// `reports show`
#[derive(Debug, ClapArgs)]
pub(crate) struct ReportsShow {
    /// The number that `whosends reports` lists
    #[arg(value_parser = report_number)]
    pub(crate) id: i64,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `notes`
#[derive(Debug, ClapArgs)]
pub(crate) struct Notes {
    /// Notes on reports for this domain and those below it
    #[arg(long, value_parser = domain)]
    pub(crate) domain: Option<Name>,

    /// Notes on reports of this reporter: a part of its name, in any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) reporter: Option<String>,

    /// Notes of this kind
    #[arg(long)]
    pub(crate) code: Option<String>,

    #[command(flatten)]
    pub(crate) period: PeriodArgs,

    #[command(flatten)]
    pub(crate) format: FormatArgs,
}

/// `export`
#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    /// Records of reports for this domain and those below it [default: every domain]
    #[arg(value_parser = domain)]
    pub(crate) domain: Option<Name>,

    /// How to write the records
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ExportFormat::Ndjson)]
    pub(crate) format: ExportFormat,

    #[command(flatten)]
    pub(crate) period: PeriodArgs,
}

/// How to write records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object a record and line
    Ndjson,
    /// One line a record, nested values as JSON
    Csv,
}

/// `db`
#[derive(Debug, ClapArgs)]
#[command(arg_required_else_help = true)]
pub(crate) struct Db {
    #[command(subcommand)]
    pub(crate) command: DbCommand,
}

/// `db ...`
#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Show where the database is and what it holds
    Info(Plain),
    /// Check that the database is whole and its sums are right
    Check(Plain),
    /// Delete old reports; later ingests do not bring them back
    Prune(Prune),
    /// Copy the database, also while it is written to
    Backup(Backup),
    /// Show what earlier runs of `ingest` came to and what they refused
    Runs(Runs),
}

/// A command with nothing but `--json`
#[derive(Debug, ClapArgs)]
pub(crate) struct Plain {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `db prune`
#[derive(Debug, ClapArgs)]
pub(crate) struct Prune {
    /// Delete reports that begin before this day (UTC)
    #[arg(long, value_name = "DATE", value_parser = day, required_unless_present = "lift")]
    pub(crate) before: Option<Day>,

    /// Only reports for this domain and those below it
    #[arg(long, value_parser = domain)]
    pub(crate) domain: Option<Name>,

    /// Only say what would be deleted
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Delete nothing, and let later ingests take in what an earlier prune keeps away
    #[arg(long, conflicts_with_all = ["before", "dry_run"])]
    pub(crate) lift: bool,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `db runs`
#[derive(Debug, ClapArgs)]
pub(crate) struct Runs {
    /// Only what was refused the last time that its file was read, and is not settled
    #[arg(long)]
    pub(crate) rejected: bool,

    /// Settle what was refused at this place, and everywhere below it: it counts no more in the exit status of `ingest`
    #[arg(long, value_name = "PLACE", conflicts_with = "rejected")]
    pub(crate) forget: Option<String>,

    /// At most so many runs, the newest
    #[arg(long, value_name = "N", conflicts_with_all = ["rejected", "forget"])]
    pub(crate) limit: Option<u64>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `db backup`
#[derive(Debug, ClapArgs)]
pub(crate) struct Backup {
    /// The file to write; it must not be there yet
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
}

/// `completions`
#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, ClapArgs)]
pub(crate) struct Man {
    /// The command whose page to write, as `ingest` or `db prune` [default: whosends itself]
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// Reads a domain, in any case and with a final dot or umlauts.
fn domain(text: &str) -> Result<Name, String> {
    match Name::from_stated(text) {
        Some(name) if name.is_domain() => Ok(name),
        _ => Err("not a domain name; write it like `example.com`".to_owned()),
    }
}

/// Reads the number of a report.
fn report_number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| "not a number; `whosends reports` lists each report with its own".to_owned())
}

/// Reads a day as `2026-11-21`.
fn day(text: &str) -> Result<Day, String> {
    period::parse_day(text).ok_or_else(|| "not a date; write it like `2026-11-21`".to_owned())
}

/// Reads a size: a number with an optional unit, of 1024 (`k`, `KiB`) or of 1000 (`kB`).
fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(at);
    let explain = || "not a size; write it like `64k`, `512MiB` or `4GiB`".to_owned();
    let number: u64 = digits.parse().map_err(|_| explain())?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(explain()),
    };
    number.checked_mul(factor).ok_or_else(|| "a size above what a computer can hold".to_owned())
}

/// Reads a size from a configuration file, where it is a number or a text.
fn stated_size<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    from.deserialize_any(SizeVisitor).map(Some)
}

struct SizeVisitor;

impl serde::de::Visitor<'_> for SizeVisitor {
    type Value = u64;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a number, or a size like \"64k\", \"512MiB\" or \"4GiB\"")
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<u64, E> {
        u64::try_from(number).map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u64, E> {
        size(text).map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use whosends_core::limits::Limit;

    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_limit_has_its_flag_and_the_help_states_its_default() {
        let defaults = Limits::default();
        let command = Args::command();
        let ingest = command.find_subcommand("ingest").unwrap();
        for limit in Limit::ALL {
            let flag = format!("max-{}", limit.name());
            let arg = ingest.get_arguments().find(|arg| arg.get_long() == Some(&flag)).unwrap();
            let help = arg.get_help().unwrap().to_string();
            let (_, stated) = help.split_once("[default: ").unwrap();
            assert_eq!(size(stated.trim_end_matches(']')), Ok(limit.value(&defaults)), "--{flag}");
        }
    }

    #[test]
    fn a_flag_sets_its_limit_and_no_other() {
        for limit in Limit::ALL {
            let flag = format!("--max-{}=7", limit.name());
            let args = Args::try_parse_from(["whosends", "ingest", "-", &flag]).unwrap();
            let Some(Command::Ingest(ingest)) = args.command else { panic!("not ingest") };
            let mut limits = Limits::default();
            ingest.limits.apply(&mut limits);
            for other in Limit::ALL {
                let expected = if other == limit { 7 } else { other.value(&Limits::default()) };
                assert_eq!(other.value(&limits), expected, "{flag}, {}", other.name());
            }
        }
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("64k"), Ok(64 << 10));
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("2 MB"), Ok(2_000_000));
        assert_eq!(size("17"), Ok(17));
        for wrong in ["", "k", "-1", "1.5G", "1x", "99999999999999999999", "99999999999TiB"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}

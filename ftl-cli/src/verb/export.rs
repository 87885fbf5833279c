//! `ftl export`: facts out, as lines of JSON or as CSV, from the journal executed again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Row, rows_of};
use ftl_core::state::State;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::league::Reading;
use crate::league::execution::Execution;
use crate::league::place::Where;
use crate::output;

/// Writes out what happened, in order.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl export fills --data ./ftl-data > fills.jsonl
  ftl export ledger --format csv --out ledger.csv")]
pub struct Export {
    /// What.
    #[arg(value_enum)]
    what: What,
    #[command(flatten)]
    place: Where,
    /// How.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// To this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// One JSON object on stdout that counts what went to --out.
    #[arg(long, requires = "out")]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Every event.
    Events,
    /// Every posting.
    Ledger,
    /// Every fill.
    Fills,
    /// Every change of a price.
    Ticks,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One object a line.
    Jsonl,
    /// A header, then one row a line.
    Csv,
}

impl Export {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let reading = Reading::open(&self.place.place()).await?;
        let mut execution = Execution::from_the_start(&reading, reading.head);
        let out: Box<dyn Write> = match &self.out {
            Some(path) => Box::new(BufWriter::new(File::create(path).map_err(|error| Failure::file(path, &error))?)),
            None => Box::new(BufWriter::new(io::stdout())),
        };
        let mut sink = Sink::new(self.format, self.what, out);
        while let Some((_, outcome)) = execution.next().await? {
            for fact in facts(self.what, &execution.state, &outcome) {
                if !output::still_read(sink.write(&fact))? {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
        output::still_read(sink.finish())?;
        if self.json {
            output::json(&json!({"rows": sink.rows, "head": reading.head}))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The facts of one entry, as flat objects in the order of `columns`.
fn facts(what: What, state: &State, outcome: &Outcome) -> Vec<Map<String, Value>> {
    if what == What::Events {
        let numbered = (1u32..).zip(&outcome.events);
        return numbered.filter_map(|(n, event)| object(json!({"seq": outcome.seq, "n": n, "at": outcome.at, "event": event}))).collect();
    }
    let slug = |idx| state.instrument(idx).map(|row| row.footballer.instrument.clone());
    let wanted = rows_of(outcome).into_iter().filter_map(|row| match (what, row) {
        (What::Ledger, Row::Ledger(row)) => object(json!({
            "seq": row.seq, "n": row.n, "at": row.at, "reason": row.reason,
            "account": row.posting.account.to_string(), "amount": row.posting.amount,
        })),
        (What::Fills, Row::Fill(row)) => object(json!({
            "seq": row.seq, "n": row.n, "at": row.at, "account": row.book.account, "instrument": slug(row.instrument),
            "order": row.order, "position": row.position, "direction": row.direction, "opened": row.opened,
            "lots": row.lots, "value": row.value, "fee": row.fee,
        })),
        (What::Ticks, Row::Tick(row)) => object(json!({
            "seq": row.seq, "n": row.n, "at": row.at, "instrument": slug(row.instrument), "mark": row.mark,
            "liveBase": row.live_base, "net": row.net,
        })),
        _ => None,
    });
    wanted.collect()
}

fn object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(map) => Some(map),
        _ => None,
    }
}

const fn columns(what: What) -> &'static [&'static str] {
    match what {
        What::Events => &["seq", "n", "at", "event"],
        What::Ledger => &["seq", "n", "at", "reason", "account", "amount"],
        What::Fills => &["seq", "n", "at", "account", "instrument", "order", "position", "direction", "opened", "lots", "value", "fee"],
        What::Ticks => &["seq", "n", "at", "instrument", "mark", "liveBase", "net"],
    }
}

/// Where facts go, in one of the formats.
struct Sink {
    form: Form,
    columns: &'static [&'static str],
    rows: u64,
}

enum Form {
    Jsonl(Box<dyn Write>),
    Csv(Box<csv::Writer<Box<dyn Write>>>),
}

impl Sink {
    fn new(format: Format, what: What, out: Box<dyn Write>) -> Self {
        let form = match format {
            Format::Jsonl => Form::Jsonl(out),
            Format::Csv => Form::Csv(Box::new(csv::Writer::from_writer(out))),
        };
        Self { form, columns: columns(what), rows: 0 }
    }

    fn write(&mut self, fact: &Map<String, Value>) -> io::Result<()> {
        self.head()?;
        self.rows += 1;
        match &mut self.form {
            Form::Jsonl(out) => {
                serde_json::to_writer(&mut *out, fact)?;
                out.write_all(b"\n")
            }
            Form::Csv(out) => Ok(out.write_record(self.columns.iter().map(|column| cell(fact.get(*column))))?),
        }
    }

    /// The names of the columns, before the first row.
    fn head(&mut self) -> io::Result<()> {
        match &mut self.form {
            Form::Csv(out) if self.rows == 0 => Ok(out.write_record(self.columns)?),
            _ => Ok(()),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.head()?;
        match &mut self.form {
            Form::Jsonl(out) => out.flush(),
            Form::Csv(out) => out.flush(),
        }
    }
}

/// A text as it is, nothing as nothing, anything else as JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

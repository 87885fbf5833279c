//! Each thing that an operator does, and the request that it is.

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::league::place::Where;

/// What an operator does.
#[derive(Subcommand)]
pub(super) enum Deed {
    /// Stops trade in an instrument.
    Freeze { instrument: String },
    /// Lets it trade again.
    Unfreeze { instrument: String },
    /// Closes its positions and takes it off the market.
    Deactivate { instrument: String },
    /// Reports what happened on the pitch.
    Event {
        fixture: String,
        /// The event's own id: reported twice is once.
        #[arg(long)]
        id: String,
        #[command(flatten)]
        event: Happening,
        /// It happened before what is known already.
        #[arg(long)]
        late: bool,
    },
    /// Says that an event was otherwise; what is left out stays.
    Correct {
        fixture: String,
        event_id: String,
        #[command(flatten)]
        event: Happening,
        /// It did not happen at all.
        #[arg(long)]
        take_back: bool,
    },
    /// Sets a fixture's clock, in milliseconds played.
    Clock { fixture: String, ms: u64 },
    /// A fixture enters a phase, such as first_half.
    Phase { fixture: String, phase: String },
    /// Full time.
    Finish { fixture: String },
    /// No more corrections to form.
    Finalise { fixture: String },
    /// Full time at the last tick.
    Abandon { fixture: String },
    /// Not today.
    Postpone { fixture: String },
    /// Shows the rules, or changes those that are named.
    Rules {
        /// A rule and its value, such as margin.leverage=5; again for each.
        #[arg(long, value_name = "RULE=VALUE")]
        set: Vec<String>,
    },
    /// Plays a bundled match into the league, or lists the matches that play.
    Replay {
        /// A bundled match; without one: those that play.
        source: Option<String>,
        /// So many times as fast as it was.
        #[arg(long, default_value_t = 1)]
        speed: u32,
        /// Stops the replay of this id; the match stays where it is.
        #[arg(long, value_name = "ID", conflicts_with = "source")]
        stop: Option<String>,
    },
    /// Sets aside the entry that stopped the league.
    Quarantine {
        #[arg(long)]
        seq: u64,
    },
    /// Executes the league by a later engine from here on, once every process that lives knows it.
    Engine {
        /// Which.
        #[arg(long, value_name = "N")]
        to: u32,
    },
    /// Bars an account from new orders.
    Suspend { account: String },
    /// Lets it back.
    Readmit { account: String },
    /// Gives points from the mint, once for each key.
    Grant {
        account: String,
        /// Points, such as 100.000000.
        amount: String,
        /// What it is for: the same key is the same grant.
        #[arg(long)]
        key: String,
    },
    /// Undoes a position as if it had not been.
    Void { position: String },
    /// Cuts a league's journal behind an entry, with every process stopped; what is cut off is kept beside.
    Fork {
        /// The last entry that stays; the end of a batch.
        #[arg(long, value_name = "SEQ")]
        at: u64,
        #[command(flatten)]
        place: Where,
    },
}

/// What happened on the pitch, as far as it is said.
#[derive(clap::Args)]
pub(super) struct Happening {
    /// What, such as goal.
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// As football counts it: 1 is the first.
    #[arg(long)]
    minute: Option<u16>,
    /// Minutes of stoppage time on top.
    #[arg(long)]
    offset: Option<u16>,
    /// Time played when it happened, in milliseconds.
    #[arg(long)]
    clock_ms: Option<u64>,
    /// Whom it is credited to.
    #[arg(long)]
    instrument: Option<String>,
    /// The other footballer.
    #[arg(long)]
    related: Option<String>,
}

/// One request of the admin API, without reason and dry run.
pub(super) struct Request {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
    /// Whether it can be tried on a copy.
    pub tries: bool,
}

impl Request {
    fn post(path: String, body: Value) -> Self {
        Self { method: Method::POST, path, body: Some(body), tries: true }
    }

    fn get(path: &str) -> Self {
        Self { method: Method::GET, path: path.to_owned(), body: None, tries: false }
    }
}

impl Deed {
    pub(super) fn request(self) -> Result<Request, Failure> {
        let plain = |path: String| Ok(Request::post(path, json!({})));
        let fixture = |id: &str, what: &str| format!("fixtures/{id}/{what}");
        match self {
            Self::Freeze { instrument } => plain(format!("instruments/{instrument}/freeze")),
            Self::Unfreeze { instrument } => plain(format!("instruments/{instrument}/unfreeze")),
            Self::Deactivate { instrument } => plain(format!("instruments/{instrument}/deactivate")),
            Self::Event { fixture: id, id: event_id, event, late } => {
                let mut body = event.body();
                body["eventId"] = json!(event_id);
                body["late"] = json!(late);
                Ok(Request::post(fixture(&id, "events"), body))
            }
            Self::Correct { fixture: id, event_id, event, take_back } => {
                let path = format!("{}/{event_id}", fixture(&id, "events"));
                let body = event.body();
                let named = body.as_object().is_some_and(|named| !named.is_empty());
                match (take_back, named) {
                    (true, true) => Err(Failure::refused("--take-back says that it did not happen: leave the rest out")),
                    (true, false) => Ok(Request { method: Method::DELETE, path, body: Some(body), tries: true }),
                    (false, true) => Ok(Request { method: Method::PATCH, path, body: Some(body), tries: true }),
                    (false, false) => Err(Failure::refused("say what was otherwise, such as --instrument SLUG, or --take-back")),
                }
            }
            Self::Clock { fixture: id, ms } => Ok(Request::post(fixture(&id, "clock"), json!({"clockMs": ms}))),
            Self::Phase { fixture: id, phase } => Ok(Request::post(fixture(&id, "phase"), json!({"phase": phase}))),
            Self::Finish { fixture: id } => plain(fixture(&id, "finish")),
            Self::Finalise { fixture: id } => plain(fixture(&id, "finalise")),
            Self::Abandon { fixture: id } => plain(fixture(&id, "abandon")),
            Self::Postpone { fixture: id } => plain(fixture(&id, "postpone")),
            Self::Rules { set } if set.is_empty() => Ok(Request::get("rules")),
            Self::Rules { set } => {
                let body = json!({"rules": rules_of(&set)?});
                Ok(Request { method: Method::PATCH, path: "rules".to_owned(), body: Some(body), tries: true })
            }
            Self::Replay { stop: Some(id), .. } => {
                Ok(Request { method: Method::DELETE, path: format!("replays/{id}"), body: None, tries: false })
            }
            Self::Replay { source: None, .. } => Ok(Request::get("replays")),
            Self::Replay { source: Some(source), speed, .. } => {
                Ok(Request { tries: false, ..Request::post("replays".to_owned(), json!({"source": source, "speed": speed})) })
            }
            Self::Quarantine { seq } => Ok(Request { tries: false, ..Request::post("quarantine".to_owned(), json!({"seq": seq})) }),
            Self::Engine { to } => Ok(Request::post("engine".to_owned(), json!({"to": to}))),
            Self::Suspend { account } => plain(format!("accounts/{account}/suspend")),
            Self::Readmit { account } => plain(format!("accounts/{account}/readmit")),
            Self::Grant { account, amount, key } => {
                Ok(Request::post("grants".to_owned(), json!({"account": account, "amount": amount, "key": key})))
            }
            Self::Fork { .. } => Err(Failure::could_not_run("a fork works on the stores, not on a server")),
            Self::Void { position } => plain(format!("positions/{position}/void")),
        }
    }
}

impl Happening {
    /// What is said of it; what is not said is left out.
    fn body(self) -> Value {
        let said = [
            ("type", self.kind.map(Value::from)),
            ("minute", self.minute.map(Value::from)),
            ("offset", self.offset.map(Value::from)),
            ("clockMs", self.clock_ms.map(Value::from)),
            ("instrument", self.instrument.map(Value::from)),
            ("related", self.related.map(Value::from)),
        ];
        let said = said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(said.collect())
    }
}

/// `margin.leverage=5` is `{"margin":{"leverage":5}}`; what is no JSON is a text.
fn rules_of(set: &[String]) -> Result<Value, Failure> {
    let mut rules = Map::new();
    for text in set {
        let Some((path, value)) = text.split_once('=') else {
            return Err(Failure::refused(format!("--set {text}: takes RULE=VALUE, such as margin.leverage=5")));
        };
        let mut names: Vec<&str> = path.split('.').collect();
        let last = names.pop().unwrap_or(path);
        let mut place = &mut rules;
        for name in names {
            let inner = place.entry(name).or_insert_with(|| json!({}));
            let Value::Object(inner) = inner else {
                return Err(Failure::refused(format!("--set {text}: {name} is given a value too")));
            };
            place = inner;
        }
        place.insert(last.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| json!(value)));
    }
    Ok(Value::Object(rules))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_named_by_their_path() {
        let set = ["margin.leverage=5".to_owned(), "margin.warn=null".to_owned(), "seed=abc".to_owned()];
        assert_eq!(rules_of(&set).ok(), Some(json!({"margin": {"leverage": 5, "warn": null}, "seed": "abc"})));
        assert!(rules_of(&["margin".to_owned()]).is_err());
    }

    #[test]
    fn a_correction_says_what_was_otherwise_or_takes_back() {
        let nothing = || Happening { kind: None, minute: None, offset: None, clock_ms: None, instrument: None, related: None };
        let correct = |event, take_back| Deed::Correct { fixture: "f".into(), event_id: "e".into(), event, take_back }.request();
        assert!(correct(nothing(), false).is_err());
        assert_eq!(correct(nothing(), true).map(|request| request.method).ok(), Some(Method::DELETE));
        let minute = Happening { minute: Some(3), ..nothing() };
        let request = correct(minute, false).ok().map(|request| (request.method, request.path, request.body));
        assert_eq!(request, Some((Method::PATCH, "fixtures/f/events/e".to_owned(), Some(json!({"minute": 3})))));
    }
}
